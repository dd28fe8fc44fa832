// @ts-check
/** For a test: starts a tethered command and lives until it is killed. Usage: tethered-owner.mjs FOLDER COMMAND… */
import { spawnTethered } from './tether.mjs'

const [removeFolder = '', ...command] = process.argv.slice(2)
spawnTethered(command, { removeFolder })

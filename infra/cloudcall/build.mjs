// @ts-check
/**
 * `npm run build:cloudcall [-- <folder>]` writes the folder that is deployed: index.js, self-contained but for wx-server-sdk, with its
 * config.json and package.json. Needs no build of the workspace: the sources are bundled.
 */
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install } from '../run/prepare.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = resolve(here, '../..')
const outDir = resolve(process.argv[2] ?? join(here, 'dist'))

const isInstalled = existsSync(join(root, 'node_modules/vite'))
process.exitCode = (isInstalled ? 0 : await install()) || (await bundle())

async function bundle() {
  const { build } = await import('vite')
  const conditions = ['source', 'node', 'import', 'default']
  await build({
    configFile: false,
    logLevel: 'warn',
    root,
    ssr: { noExternal: true, resolve: { conditions, externalConditions: conditions } },
    build: {
      ssr: join(root, 'apps/cloudcall/src/index.ts'),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rolldownOptions: {
        output: { format: 'cjs', entryFileNames: 'index.js', codeSplitting: false },
        // Whatever is not used is left out, with all that it would do when imported.
        treeshake: { moduleSideEffects: false },
      },
    },
  })
  mkdirSync(outDir, { recursive: true })
  for (const name of ['config.json', 'package.json']) copyFileSync(join(here, name), join(outDir, name))
  const { size } = statSync(join(outDir, 'index.js'))
  process.stdout.write(`${outDir}/index.js: ${Math.ceil(size / 1024)} KB\n`)
  return 0
}

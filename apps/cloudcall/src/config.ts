/** What the function reads of its environment: the store's variables, as every process of Sunpress names them, and its own. */
import { type FieldDefect, fieldDefect } from '@sunpress/core'
import {
  type ConfigOf,
  type ConfigTable,
  type Environment,
  integer,
  optional,
  readConfig,
  STORE_TABLE,
  text,
  VARIABLE_NAMES,
  VARIABLES,
  variable,
} from '@sunpress/runtime'

const TABLE = {
  ...STORE_TABLE,
  appid: variable({
    name: VARIABLES.wechatAppid.name,
    parser: text({ expected: '"wx" and 16 lower-case hex digits', pattern: /^wx[0-9a-f]{16}$/ }),
    doc: 'The account that the cloud environment belongs to; other apps are called as shared resources',
  }),
  perMinute: variable({
    name: 'CLOUDCALL_PER_MINUTE',
    parser: integer(1, 5_000),
    fallback: '300',
    doc: 'Most calls in a minute of each instance of the function',
  }),
  inHand: variable({
    name: 'CLOUDCALL_IN_HAND',
    parser: integer(1, 100),
    fallback: '8',
    doc: 'Scenes at a time; each holds a picture in memory',
  }),
  runSeconds: variable({
    name: 'CLOUDCALL_RUN_SECONDS',
    parser: integer(1, 840),
    fallback: '45',
    doc: 'No call is begun later; what is under way then has 10 s more',
  }),
  openids: variable({
    name: 'CLOUDCALL_OPENIDS',
    parser: optional(text()),
    doc: 'Users who may call the function from a client, with commas between them; without it nobody may',
  }),
} satisfies ConfigTable

export type FunctionConfig = ConfigOf<typeof TABLE>

/** Throws ConfigFault with every defect. */
export const readFunctionConfig = (env: Environment): FunctionConfig =>
  readConfig(TABLE, env, { known: VARIABLE_NAMES, contradictions: fileStores })

/** A cloud function's disk is gone with it. */
const fileStores = ({ store, ledger }: FunctionConfig): FieldDefect[] =>
  Object.entries({ SUNPRESS_STORE: store, SUNPRESS_LEDGER: ledger })
    .filter(([, location]) => location?.startsWith('file:') === true)
    .map(([name, location]) =>
      fieldDefect(name, 'contradiction', 's3://bucket/prefix: a cloud function keeps no files', location),
    )

/** Holds an answer to what /v1/openapi.json says of it: status, media type, schema, and no field beyond. For tests. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Api } from '../routes/route.js'

export interface GivenAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: unknown
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>
  >
}

/** Throws with everything that is not as described. */
export async function expectMatchesOpenApi(
  app: Api,
  method: string,
  path: string,
  answer: GivenAnswer,
): Promise<void> {
  await app.ready()
  const document = JSON.parse(JSON.stringify(app.swagger())) as Described
  const where = `${method} ${path} → ${answer.statusCode}`
  const response = operationOf(document, method, path)?.responses[answer.statusCode]
  if (response === undefined) throw new Error(`${where} is not described`)
  if (answer.body === '') return
  const type = String(answer.headers['content-type'] ?? '').split(';', 1)[0] ?? ''
  const schema = response.content?.[type]?.schema
  if (schema === undefined) throw new Error(`${where} with ${type} is not described`)
  if (!/^application\/(?:[a-z]+\+)?json$/.test(type)) return
  const validate = compiled(document, schema)
  if (!validate(JSON.parse(answer.body))) {
    throw new Error(`${where} is not as described: ${JSON.stringify(validate.errors)}\n${answer.body}`)
  }
}

function operationOf({ paths }: Described, method: string, path: string): Operation | undefined {
  const asked = path.split('?', 1)[0] ?? ''
  const found = Object.entries(paths).find(([pattern]) =>
    new RegExp(`^${pattern.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(asked),
  )
  return found?.[1][method === 'HEAD' ? 'get' : method.toLowerCase()]
}

/** Compiling takes most of the time, and every answer of a kind has the same schema. */
const validators = new Map<string, ValidateFunction>()

function compiled(document: Described, schema: object): ValidateFunction {
  const name = JSON.stringify([schema, document.components])
  const validate = validators.get(name) ?? compile(document, schema)
  validators.set(name, validate)
  return validate
}

function compile(document: Described, schema: object) {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const components = closed(document.components)
  return ajv.compile({ ...(closed(schema) as object), components })
}

/** More fields may come for clients; for us, a field that isn't described is a mistake. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const fields = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  const isObject = fields['type'] === 'object' && typeof fields['properties'] === 'object'
  return isObject ? { additionalProperties: false, ...fields } : fields
}

/**
 * How a store is asked to create and never replace, and how it says that the name is taken.
 * S3 and most others: If-None-Match (RFC 9110). Alibaba OSS and Tencent COS have headers of their own, which do nothing in a bucket
 * with versioning: `prove` finds that out. https://help.aliyun.com/en/oss/user-guide/0026-00000002
 */
export type CreateOnlyWay = 'if-none-match' | 'oss' | 'cos'

interface CreateOnly {
  readonly header: readonly [name: string, value: string]
  /** True when this refusal means that the name is taken. */
  readonly isTaken: (status: number, code: string) => boolean
}

const takenByCode = (status: number, code: string): boolean =>
  status === 409 && code.endsWith('AlreadyExists')

export const CREATE_ONLY: Readonly<Record<CreateOnlyWay, CreateOnly>> = {
  'if-none-match': { header: ['if-none-match', '*'], isTaken: (status) => status === 412 },
  oss: { header: ['x-oss-forbid-overwrite', 'true'], isTaken: takenByCode },
  cos: { header: ['x-cos-forbid-overwrite', 'true'], isTaken: takenByCode },
}

export const CREATE_ONLY_WAYS = Object.keys(CREATE_ONLY) as readonly CreateOnlyWay[]

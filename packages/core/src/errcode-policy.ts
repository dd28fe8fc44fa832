/**
 * What each errcode of the code APIs means for us: data, not code. Source: the errcode tables of getUnlimitedQRCode,
 * getQRCode, createQRCode, getStableAccessToken and WeChat's staff answers; unknown codes have a policy too.
 */
export type ErrcodeAction =
  | { readonly act: 'retry' }
  | { readonly act: 'renew' }
  | { readonly act: 'refuse'; readonly reason: string }
  | { readonly act: 'hold'; readonly scope: 'app' | 'lane'; readonly reason: 'minute' | 'app_held' | 'token' }

const retry: ErrcodeAction = { act: 'retry' }
const renew: ErrcodeAction = { act: 'renew' }
const holdApp: ErrcodeAction = { act: 'hold', scope: 'app', reason: 'app_held' }
const minute: ErrcodeAction = { act: 'hold', scope: 'lane', reason: 'minute' }
const refuse = (reason: string): ErrcodeAction => ({ act: 'refuse', reason })

const POLICY: ReadonlyMap<number, ErrcodeAction> = new Map([
  [-1, retry],
  [40001, renew],
  [40014, renew],
  [42001, renew],
  [40097, refuse('invalid_args')],
  [40129, refuse('invalid_scene')],
  [40159, refuse('invalid_path')],
  [40165, refuse('invalid_path')],
  [40169, refuse('invalid_scene')],
  [40189, refuse('invalid_width')],
  [40212, refuse('invalid_path')],
  [41030, refuse('invalid_page')],
  [45002, refuse('too_large')],
  [45029, refuse('lifetime_quota')],
  [47001, refuse('invalid_data')],
  [85096, refuse('reserved_parameter')],
  [44990, minute],
  [44991, minute],
  [44992, minute],
  [45009, minute],
  [45011, minute],
  [40002, holdApp],
  [40013, holdApp],
  [40066, holdApp],
  [40125, holdApp],
  [40164, holdApp],
  [40234, holdApp],
  [40243, holdApp],
  [41001, holdApp],
  [41002, holdApp],
  [41004, holdApp],
  [42002, holdApp],
  [42007, holdApp],
  [43002, holdApp],
  [43003, holdApp],
  [43104, holdApp],
  [44002, holdApp],
  [45035, holdApp],
  [45063, holdApp],
  [48001, holdApp],
  [48003, holdApp],
  [48004, holdApp],
  [50001, holdApp],
  [50002, holdApp],
  [50004, holdApp],
  [50007, holdApp],
  [61003, holdApp],
  [61004, holdApp],
  [61007, holdApp],
  [61023, holdApp],
  // An administrator has to confirm our address, or has refused it.
  [89501, holdApp],
  [89502, holdApp],
  [89503, holdApp],
  [89504, holdApp],
  [89505, holdApp],
  [89506, holdApp],
  [89507, holdApp],
])

/** Unknown codes are retried: they cost attempts, so that they end as refusals and are seen. */
export const actionFor = (errcode: number): ErrcodeAction => POLICY.get(errcode) ?? retry

export const isKnownErrcode = (errcode: number): boolean => errcode === 0 || POLICY.has(errcode)

export const knownErrcodes = (): readonly number[] => [...POLICY.keys()]

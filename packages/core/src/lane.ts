/** An app's queue for one quota class. */
export type Lane = 'unlimited' | 'limited'
export const LANES: readonly Lane[] = ['unlimited', 'limited']

/** What a look calls the API: `limited` is getwxacode, `qrcode` is createwxaqrcode. */
export type LookEndpoint = 'unlimited' | 'limited' | 'qrcode'
export const LOOK_ENDPOINTS: readonly LookEndpoint[] = ['unlimited', 'limited', 'qrcode']

/** WeChat's own names, as metrics and logs use them. */
export type UpstreamEndpoint = 'getwxacodeunlimit' | 'getwxacode' | 'createwxaqrcode'

export const laneOf = (endpoint: LookEndpoint): Lane => (endpoint === 'unlimited' ? 'unlimited' : 'limited')

export const laneOfUpstream = (endpoint: UpstreamEndpoint): Lane =>
  endpoint === 'getwxacodeunlimit' ? 'unlimited' : 'limited'

const UPSTREAM: Record<LookEndpoint, UpstreamEndpoint> = {
  unlimited: 'getwxacodeunlimit',
  limited: 'getwxacode',
  qrcode: 'createwxaqrcode',
}

export const upstreamOf = (endpoint: LookEndpoint): UpstreamEndpoint => UPSTREAM[endpoint]

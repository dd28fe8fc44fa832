export * from './call-observer.js'
export * from './choose-code-api.js'
export * from './classify-answer.js'
export type { Cloud, CloudCall, OpenApi } from './cloud-call/cloud.js'
export { type CloudCallApiTerms, createCloudCallApi } from './cloud-call/cloud-call-api.js'
export { type CloudParams, MAX_CLOUD_PATH_BYTES } from './cloud-call/cloud-params.js'
export { type LoadModule, loadCloud } from './cloud-call/load-cloud.js'
export * from './code-api.js'
export { createMerchantWatch, type MerchantSource, type MerchantWatch } from './component/merchant-watch.js'
export { type GivenPush, type OpenedPush, openPush } from './component/open-push.js'
export {
  createPlatform,
  type Platform as ThirdPartyPlatform,
  type PlatformTerms,
  type TicketState,
} from './component/platform.js'
export { createPlatforms, type PlatformBook } from './component/platforms.js'
export { encryptPush, type PushKeys, type SignedPush, signPush } from './component/push-crypt.js'
export type { PushEvent } from './component/push-event.js'
export { createPushGate, type PushGate } from './component/push-gate.js'
export * from './origin-clients.js'
export * from './platform.js'
export * from './quota-answer.js'
export * from './quota-api.js'
export type { FetchedToken, NoToken, TokenAnswer } from './token-answer.js'
export { createTokenStates, type TokenState, type TokenStateTerms } from './token-state.js'
export * from './tokens.js'

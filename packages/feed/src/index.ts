export { type CampaignIndex, type CampaignProgress, NO_PROGRESS, outstandingOf } from './campaign-fields.js'
export * from './feed-index.js'
export * from './planning-board.js'
export * from './scene-feed.js'

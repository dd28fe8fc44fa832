export * from './finding.js'
export * from './purge-campaign.js'
export * from './quarantine.js'
export * from './verify-campaign.js'

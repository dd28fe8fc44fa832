export * from './http-client.js'
export * from './ssrf-addresses.js'
export * from './ssrf-fetch.js'

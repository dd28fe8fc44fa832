/** The texts of errors that tell the caller its address, as the captures do. */
export function wordOf(errcode: number, ip: string): string | undefined {
  if (errcode === 40164) return `invalid ip ${ip} ipv6 ::ffff:${ip}, not in whitelist`
  if (errcode === 61004 || errcode === 45035) {
    return `access clientip is not registered, not in ip-white-list, requestIP: ${ip}`
  }
  return undefined
}

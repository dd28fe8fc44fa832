/**
 * Which addresses belong to the public internet. Everything else is refused to requests whose address somebody else chose: this
 * machine, its networks, link-local and shared ranges, and with them every cloud's metadata service. Pure.
 */
import { BlockList, isIP, isIPv4 } from 'node:net'

const PRIVATE_V4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  // Public by its number, but answered by Azure's own host.
  '168.63.129.16/32',
]
/** Only 2000::/3 is given out; of that, these are no place of their own. */
const PRIVATE_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']
const GLOBAL_V6 = ['2000::/3']
/** NAT64: the last 32 bits are an IPv4 address. */
const EMBEDDING_V6 = ['64:ff9b::/96']

const privateV4 = listOf(PRIVATE_V4, 'ipv4')
const privateV6 = listOf(PRIVATE_V6, 'ipv6')
const globalV6 = listOf(GLOBAL_V6, 'ipv6')
const embeddingV6 = listOf(EMBEDDING_V6, 'ipv6')

/** False for anything that isn't an address too. */
export function isPublicAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '')
  if (isIPv4(plain)) return !privateV4.check(plain, 'ipv4')
  if (isIP(plain) !== 6) return false
  if (embeddingV6.check(plain, 'ipv6')) return isPublicAddress(embeddedV4(plain))
  return globalV6.check(plain, 'ipv6') && !privateV6.check(plain, 'ipv6')
}

function embeddedV4(address: string): string {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (dotted !== undefined) return dotted
  // The URL parser writes addresses in their one short form.
  const tail = new URL(`http://[${address}]`).hostname.replace(/^\[64:ff9b::|\]$/g, '').split(':')
  const [high, low] = tail.length > 1 ? tail : ['0', tail[0] ?? '']
  const bits = (Number.parseInt(high || '0', 16) << 16) | Number.parseInt(low || '0', 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}

function listOf(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits = ''] = range.split('/')
    list.addSubnet(address, Number(bits), family)
  }
  return list
}

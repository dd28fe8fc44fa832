import { describe, expect, it } from 'vitest'
import { isPublicAddress } from './ssrf-addresses.js'

describe('a public address', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.32.0.1',
    '169.253.255.255',
    '2606:4700::1111',
    '2a00:1450:4001::1',
    '64:ff9b::808:808',
  ])('is %s', (address) => expect(isPublicAddress(address)).toBe(true))

  it.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    // Metadata of AWS and most others, of Alibaba, of Azure.
    ...['169.254.169.254', '100.100.100.200', '168.63.129.16'],
    ...['100.64.0.1', '192.0.0.192', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...['::1', '::', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1'],
    // An IPv4 address in the clothes of IPv6.
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:8.8.8.8',
      '64:ff9b::7f00:1',
      '64:ff9b::169.254.169.254',
      '2002:7f00:1::',
    ],
    ...['', 'localhost', '1.2.3', '0x7f.1'],
  ])('is not %j', (address) => expect(isPublicAddress(address)).toBe(false))
})

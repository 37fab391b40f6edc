import t from 'tap'
import { createClientAddress } from '../../src/sessions/client-address.js'

t.test('without a trusted proxy it is the peer, whatever the peer says', async (t) => {
  const addressOf = createClientAddress()
  t.equal(addressOf({ peer: '192.0.2.1', forwardedFor: '198.51.100.7' }), '192.0.2.1')
  t.equal(addressOf({ peer: '127.0.0.1', forwardedFor: undefined }), '127.0.0.1')
})

t.test('a trusted proxy is believed, and those that it names as far as they are trusted too', async (t) => {
  const addressOf = createClientAddress(['10.0.0.0/8', '192.0.2.9', 'loopback', '2001:db8:ffff::/48'])
  for (const [peer, forwardedFor, expected] of [
    ['10.1.2.3', '198.51.100.7', '198.51.100.7'],
    ['10.1.2.3', '203.0.113.1, 198.51.100.7', '198.51.100.7'],
    ['10.1.2.3', '203.0.113.1,10.9.9.9 , 192.0.2.9', '203.0.113.1'],
    ['10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['10.1.2.3', undefined, '10.1.2.3'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['10.1.2.3', '198.51.100.7, unknown', '10.1.2.3'],
    ['10.1.2.3', '198.51.100.7:4711', '198.51.100.7'],
    ['10.1.2.3', '[2001:db8:1:2::7]:4711', '2001:db8:1:2'],
    ['192.0.2.9', '198.51.100.7', '198.51.100.7'],
    ['192.0.2.8', '198.51.100.7', '192.0.2.8'],
    ['127.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['::1', '198.51.100.7', '198.51.100.7'],
    ['::ffff:10.1.2.3', '198.51.100.7', '198.51.100.7'],
    ['10.1.2.3', '::ffff:198.51.100.7', '198.51.100.7'],
    ['2001:db8:ffff:5::1', '198.51.100.7', '198.51.100.7'],
    ['2001:db8:fffe:5::1', '198.51.100.7', '2001:db8:fffe:5'],
  ] as const)
    t.equal(addressOf({ peer, forwardedFor }), expected, `${peer} for ${forwardedFor}`)
})

t.test('of IPv6 the /64 counts, however it is written', async (t) => {
  const addressOf = createClientAddress()
  for (const [peer, expected] of [
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002:0000:0000:0000:0009', '2001:db8:1:2'],
    ['2001:db8::7', '2001:db8:0:0'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
    ['1::', '1:0:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['0000:0000:0000:0000:0000:ffff:c000:0201', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
  ] as const)
    t.equal(addressOf({ peer, forwardedFor: undefined }), expected, peer)
})

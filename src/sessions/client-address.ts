import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net'

/** What a door knows of where a connection comes from. */
export interface Origin {
  /** The peer's address. */
  readonly peer: string
  /** The header `X-Forwarded-For`. */
  readonly forwardedFor: string | undefined
}

const LOOPBACK = ['127.0.0.0/8', '::1/128']

/**
 * Tells whose connection it is: the peer's, or, as long as those who say so are `trusted` proxies (addresses, ranges,
 * `loopback`), the one that they name last in `X-Forwarded-For`. Of IPv6 the /64: the rest is the client's to choose.
 */
export function createClientAddress(trusted: readonly string[] = []): (origin: Origin) => string {
  const proxies = new BlockList()
  for (const range of trusted.flatMap((one) => (one === 'loopback' ? LOOPBACK : [one]))) {
    const [address = '', bits] = range.split('/')
    const family = familyOf(address)
    proxies.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
  }

  return ({ peer, forwardedFor }) => {
    const named = trusted.length === 0 ? [] : (forwardedFor?.split(',') ?? [])
    let address = canonical(peer)
    while (proxies.check(address, familyOf(address))) {
      const next = withoutPort(named.pop()?.trim() ?? '')
      // The first of them, or none that can be counted: the one who says so is answerable.
      if (isIP(next) === 0) break
      address = canonical(next)
    }
    return networkOf(address)
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}

/** One text for each address, an IPv4 one that is mapped into IPv6 as itself. */
function canonical(address: string): string {
  if (!isIPv6(address)) return address
  const text = new SocketAddress({ address, family: 'ipv6' }).address
  return text.startsWith('::ffff:') && text.includes('.') ? text.slice('::ffff:'.length) : text
}

/** Some proxies name the port too: `1.2.3.4:80`, `[::1]:80`. */
function withoutPort(text: string): string {
  return /^\[(.*)\](:\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
}

function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = [], tail = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = address.includes('::') ? 8 - head.length - tail.length : 0
  return [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4).join(':')
}

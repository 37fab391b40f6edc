import type { RedisOptions } from 'ioredis'

export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/** Where Redis is, and how one gets in. */
export interface RedisAccess {
  readonly mode: 'standalone' | 'cluster' | 'sentinel'
  /** Of the server, of some servers of the cluster, or of the sentinels. */
  readonly addresses: readonly RedisAddress[]
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  readonly tls: { readonly ca: string | undefined } | undefined
  readonly sentinel:
    | { readonly name: string; readonly username: string | undefined; readonly password: string | undefined }
    | undefined
}

/** What ioredis has to know to get in: to the server, to the one at `address`, or to the sentinels' master. */
export function optionsOf(access: RedisAccess, address = access.addresses[0]): RedisOptions {
  const { username, password, database, sentinel } = access
  const tls = access.tls && { ...(access.tls.ca !== undefined && { ca: access.tls.ca }) }
  const credentials = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls }),
  }
  if (sentinel === undefined) return { ...address, ...credentials, db: database }
  return {
    ...credentials,
    db: database,
    sentinels: [...access.addresses],
    name: sentinel.name,
    ...(sentinel.username !== undefined && { sentinelUsername: sentinel.username }),
    ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password }),
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  }
}

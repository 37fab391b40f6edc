/** What every peer is started with. */
export interface Settings {
  readonly port: number
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly secret: string
}

/** @throws Error that says which variable is missing */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const get = (name: string): string => {
    const value = env[name]
    if (value === undefined) throw new Error(`${name} is missing`)
    return value
  }
  return {
    port: Number(get('PORT')),
    databaseUrl: get('DATABASE_URL'),
    redisUrl: get('REDIS_URL'),
    secret: get('JWT_SECRET'),
  }
}

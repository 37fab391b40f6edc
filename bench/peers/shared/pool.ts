import pg from 'pg'

/** Twice and half as many were slower: README.md. */
const CONNECTIONS = 10

export function createPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  // One that breaks while it is idle: the pool opens another.
  pool.on('error', (error) => console.error(error))
  return pool
}

import { useRef } from 'react'
import type { Limits } from '../protocol.js'
import { useConnection } from '../react/index.js'

/** What the server takes, as it said when there was a connection the last time. */
export function useLimits(): Limits | undefined {
  const connection = useConnection()
  const known = useRef<Limits>(undefined)
  if (connection.status === 'online') known.current = connection.limits
  return known.current
}

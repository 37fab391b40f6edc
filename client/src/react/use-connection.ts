import { useSyncExternalStore } from 'react'
import type { ConnectionState } from '../types.js'
import { useParley } from './context.js'

/** How the connection to the server is. */
export function useConnection(): ConnectionState {
  const { connection } = useParley()
  const read = () => connection.state
  return useSyncExternalStore(connection.subscribe, read, read)
}

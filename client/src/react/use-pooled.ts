import { useCallback, useSyncExternalStore } from 'react'
import type { ChatList, OpenChat, Parley } from '../types.js'
import { type Closable, createPool, type Pool } from './pool.js'

interface Pools {
  readonly chats: Pool<OpenChat>
  readonly lists: Pool<ChatList>
}

const pools = new WeakMap<Parley, Pools>()

/** What the components of one client share: two that show the same chat or the same list have one of it. */
export function poolsOf(client: Parley): Pools {
  const known = pools.get(client)
  if (known) return known
  const made: Pools = { chats: createPool<OpenChat>(), lists: createPool<ChatList>() }
  pools.set(client, made)
  return made
}

/** The thing of this key, and its state; the component is rendered again when the state changes. */
export function usePooled<Held extends Closable>(
  pool: Pool<Held>,
  key: string,
  open: () => Held,
): { held: Held; state: Held['state'] } {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what `open` opens
  const subscribe = useCallback((listener: () => void) => pool.use(key, open, listener), [pool, key])
  const read = (): Held['state'] => pool.get(key, open).state
  const state = useSyncExternalStore(subscribe, read, read)
  return { held: pool.get(key, open), state }
}

import { chatName } from '../systems/world.js'
import { COLLECTED, type HistoryPlan } from './plan.js'

const PAGE = 50

/** A request by the collector; `path` gives that of the n-th one. */
export interface Door {
  readonly name: string
  path(n: number): string
}

export const FIRST_PAGE = 'first page of the deep chat'
export const LAST_PAGE = 'last page of the deep chat'

export function doorsOf({ chats, deepMessages }: HistoryPlan): Door[] {
  const deep = `/chats/${chatName(chats)}/messages?limit=${PAGE}`
  const pages = Math.ceil(deepMessages / PAGE)
  const every = Math.floor(chats / COLLECTED)
  return [
    { name: FIRST_PAGE, path: () => `${deep}&page=1` },
    // Near the middle, another one each time.
    {
      name: 'page in its middle',
      path: (n) => `${deep}&page=${Math.floor(pages / 2) + (n % Math.floor(pages / 4))}`,
    },
    { name: LAST_PAGE, path: () => `${deep}&page=${pages}` },
    {
      name: 'first page of another chat each time',
      path: (n) => `/chats/${chatName(every * (n % COLLECTED))}/messages?limit=${PAGE}`,
    },
    { name: '20 of 1,000 chats', path: () => '/chats?limit=20&page=1' },
    { name: '100 of 1,000 chats', path: () => '/chats?limit=100&page=1' },
    { name: 'the last 20 of 1,000 chats', path: () => '/chats?limit=20&page=50' },
  ]
}

import { createParley, type Parley } from 'parley'
import { type Cell, createCell } from '../cell.js'
import type { Person } from '../people.js'
import { fetchToken } from '../sign-in.js'
import { createPlug, type Plug } from './plug.js'

/** One of the two phones: a person, their own client with their own token and socket, and the chat on the screen. */
export interface Side {
  readonly person: Person
  readonly parley: Parley
  readonly plug: Plug
  readonly openChat: Cell<string | undefined>
}

export type Sides = readonly [Side, Side]

export function createSide(person: Person, wsUrl: string, openChat?: string): Side {
  const plug = createPlug()
  return {
    person,
    plug,
    openChat: createCell(openChat),
    parley: createParley({
      url: location.origin,
      wsUrl,
      user: { id: person.sub, fullName: person.fullName },
      token: () => fetchToken(person),
      webSocket: plug.WebSocket,
    }),
  }
}

export function initials({ fullName }: Person): string {
  return fullName
    .split(' ')
    .map((name) => name.charAt(0))
    .join('')
}

export function firstName({ fullName }: Person): string {
  return fullName.split(' ')[0] ?? fullName
}

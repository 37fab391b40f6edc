import { createContext, createElement, type ReactNode, useContext } from 'react'
import type { Parley } from '../types.js'

const ParleyContext = createContext<Parley | null>(null)

export interface ParleyProviderProps {
  readonly client: Parley
  readonly children?: ReactNode
}

/** Gives the client to the hooks below it. It does not close it: whoever has made it does. */
export function ParleyProvider({ client, children }: ParleyProviderProps) {
  return createElement(ParleyContext.Provider, { value: client }, children)
}

/** The client of the nearest `ParleyProvider`. */
export function useParley(): Parley {
  const client = useContext(ParleyContext)
  if (!client) throw new Error('This needs a <ParleyProvider> around it.')
  return client
}

/** Whom a token is for: the claims that the service knows a person by. */
export interface Identity {
  readonly sub: string
  readonly fullName: string
  readonly scope?: string
}

export interface Person extends Identity {
  readonly sub: 'ann' | 'bob'
  readonly role: 'customer' | 'seller'
}

export const ANN: Person = { sub: 'ann', fullName: 'Ann Lee', role: 'customer' }
export const BOB: Person = { sub: 'bob', fullName: 'Bob Ray', role: 'seller' }

/** The marketplace's own backend: the only one that may open an order's chat, and say who is what in it. */
export const SHOP: Identity = { sub: 'shop', fullName: 'Shop', scope: 'chat:service' }

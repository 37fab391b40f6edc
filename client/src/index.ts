export { ParleyError } from './errors.js'
export { createParley } from './parley.js'
export type * from './protocol.js'
export type * from './types.js'

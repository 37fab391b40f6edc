import { z } from 'zod'
import { fullName, id } from '../protocol/text.js'

/** What the schemas of several routes have in common. */

export const security = [{ bearer: [] }]

export const chatParams = z.object({ id })

const role = z.enum(['customer', 'seller', 'support', 'member'])
export const memberRequest = z.object({ userId: id, role: role.optional(), fullName: fullName.optional() })

export const idempotencyHeader = z.object({ 'idempotency-key': id.optional() })

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Users } from '../../chat/users.js'
import { timestamp, user } from '../../protocol/objects.js'
import { fullName, id } from '../../protocol/text.js'
import type { Endings } from '../../sessions/endings.js'
import { serviceOf } from '../authentication.js'
import { security } from '../schemas.js'

const params = z.object({ id })

/** What the marketplace's backend says about users. */
export const userRoutes: FastifyPluginAsyncZod<{ users: Users; endings: Endings }> = async (
  app,
  { users, endings },
) => {
  app.put(
    '/users/:id',
    { schema: { security, params, body: z.object({ fullName }), response: { 200: user } } },
    async (request) => {
      serviceOf(request)
      const { id } = request.params
      await users.rename([{ id, fullName: request.body.fullName, namedAt: new Date() }])
      return { id, fullName: await users.nameOf(id) }
    },
  )

  app.delete(
    '/users/:id/sessions',
    { schema: { security, params, response: { 200: z.object({ id, endedAt: timestamp }) } } },
    async (request) => {
      serviceOf(request)
      const { id } = request.params
      return { id, endedAt: (await endings.endAll(id)).toISOString() }
    },
  )
}

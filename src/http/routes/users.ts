import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Users } from '../../chat/users.js'
import { user } from '../../protocol/objects.js'
import { fullName, id } from '../../protocol/text.js'
import { serviceOf } from '../authentication.js'
import { security } from '../schemas.js'

/** What the marketplace's backend says about users. */
export const userRoutes: FastifyPluginAsyncZod<{ users: Users }> = async (app, { users }) => {
  app.put(
    '/users/:id',
    { schema: { security, params: z.object({ id }), body: z.object({ fullName }), response: { 200: user } } },
    async (request) => {
      serviceOf(request)
      const { id } = request.params
      await users.rename([{ id, fullName: request.body.fullName, namedAt: new Date() }])
      return { id, fullName: await users.nameOf(id) }
    },
  )
}

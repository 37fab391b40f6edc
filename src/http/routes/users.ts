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
    {
      schema: {
        security,
        summary: 'Say a user’s name',
        tags: ['Backend'],
        description:
          'The newest word counts: this one, or the name in a token that was made later. A change of name is no event.',
        errors: ['forbidden'],
        params,
        body: z.object({ fullName }).meta({ examples: [{ fullName: 'Ann Lee' }] }),
        response: { 200: user },
      },
    },
    async (request) => {
      serviceOf(request)
      const { id } = request.params
      await users.rename([{ id, fullName: request.body.fullName, namedAt: new Date() }])
      return { id, fullName: await users.nameOf(id) }
    },
  )

  app.delete(
    '/users/:id/sessions',
    {
      schema: {
        security,
        summary: 'End a user’s sessions now',
        tags: ['Backend'],
        description:
          'On every node, with 4401. Sessions that begin after the answer stay: give out no new tokens first.',
        errors: ['forbidden'],
        params,
        response: { 200: z.object({ id, endedAt: timestamp }) },
      },
    },
    async (request) => {
      serviceOf(request)
      const { id } = request.params
      return { id, endedAt: (await endings.endAll(id)).toISOString() }
    },
  )
}

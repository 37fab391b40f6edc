import { PassThrough, Readable } from 'node:stream'
import sharp from 'sharp'
import t from 'tap'
import { createThumbnails } from '../../../src/chat/attachments/thumbnails.js'
import { until } from '../../helpers/clients.js'
import { memoryOf } from '../../helpers/memory.js'
import { blackPng } from '../../helpers/png.js'
import { pdf, picture, SAMPLE_FILES } from '../../helpers/sample-files.js'

const { make } = createThumbnails({ concurrency: 2 })

const pictureOf = async (bytes: Buffer) => await make(async () => Readable.from([bytes]))

/** The thumbnail itself, which has to be there. */
async function thumbnailOf(bytes: Buffer): Promise<Buffer> {
  const thumbnail = (await pictureOf(bytes))?.thumbnail
  if (thumbnail === undefined) throw new Error('there is no thumbnail')
  return thumbnail
}

async function sizeOf(image: Buffer): Promise<[number, number]> {
  const { width, height } = await sharp(image).metadata()
  return [width, height]
}

t.test('pictures of every type that is shown have a size and a thumbnail', async (t) => {
  for (const type of ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif'] as const) {
    const made = await pictureOf(await SAMPLE_FILES[type]())
    t.match(made, { width: 64, height: 48 }, type)
    t.equal((await sharp(made?.thumbnail).metadata()).format, 'webp', type)
  }
})

t.test('what an iPhone makes has its size, and no thumbnail: nothing here can read its pixels', async (t) => {
  const heic = await SAMPLE_FILES['image/heic']()
  t.strictSame(await pictureOf(heic), { width: 64, height: 48, thumbnail: undefined })
})

t.test('a thumbnail has at most 320 pixels a side, and is never larger than the picture', async (t) => {
  for (const [size, shown] of [
    [
      [2000, 500],
      [320, 80],
    ],
    [
      [500, 2000],
      [80, 320],
    ],
    [
      [321, 321],
      [320, 320],
    ],
    [
      [10, 20],
      [10, 20],
    ],
    [
      [4000, 2],
      [320, 1],
    ],
  ] as const) {
    const png = await picture(...size)
      .png()
      .toBuffer()
    t.match(await pictureOf(png), { width: size[0], height: size[1] })
    t.strictSame(await sizeOf(await thumbnailOf(png)), shown, size.join(' x '))
  }
})

t.test('a photo is turned as its EXIF says', async (t) => {
  // Where its left half, the red one, is seen.
  for (const [orientation, red] of [
    [1, 'left'],
    [2, 'right'],
    [3, 'right'],
    [4, 'left'],
    [5, 'top'],
    [6, 'top'],
    [7, 'bottom'],
    [8, 'bottom'],
  ] as const) {
    const photo = await picture().withMetadata({ orientation }).jpeg().toBuffer()
    const isUpright = red === 'top' || red === 'bottom'
    const [width, height] = isUpright ? [48, 64] : [64, 48]
    t.match(await pictureOf(photo), { width, height }, `orientation ${orientation}`)
    const thumbnail = await thumbnailOf(photo)
    t.strictSame(await sizeOf(thumbnail), [width, height])
    const { data, info } = await sharp(thumbnail).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    const at = { left: [4, 24], right: [60, 24], top: [24, 4], bottom: [24, 60] }[red]
    const [x = 0, y = 0] = at
    const pixel = data.subarray((y * info.width + x) * info.channels)
    t.ok((pixel[0] ?? 0) > 150 && (pixel[2] ?? 0) < 100, `orientation ${orientation}: red at the ${red}`)
  }
})

t.test('a thumbnail says nothing of where and with what a photo was taken', async (t) => {
  const photo = await picture()
    .withExif({ IFD0: { Make: 'Phone' }, IFD3: { GPSLatitude: '51/1 30/1 0/1', GPSLatitudeRef: 'N' } })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">Ann</x:xmpmeta>')
    .withIccProfile('p3')
    .jpeg()
    .toBuffer()
  const before = await sharp(photo).metadata()
  t.ok(before.exif && before.xmp && before.icc, 'the photo does')
  const thumbnail = await thumbnailOf(photo)
  const { exif, xmp, icc, iptc } = await sharp(thumbnail).metadata()
  t.strictSame({ exif, xmp, icc, iptc }, { exif: undefined, xmp: undefined, icc: undefined, iptc: undefined })
  for (const word of ['Phone', 'GPS', 'Ann', 'Exif', 'ICC']) t.notOk(thumbnail.includes(word), word)
})

t.test('of a moving picture the first frame is shown', async (t) => {
  const frames = Buffer.concat([Buffer.alloc(30 * 20 * 3, '\xff\0\0', 'latin1'), Buffer.alloc(30 * 20 * 3)])
  const moving = sharp(frames, { raw: { width: 30, height: 40, channels: 3, pageHeight: 20 } })
  for (const bytes of [await moving.clone().gif().toBuffer(), await moving.clone().webp().toBuffer()]) {
    t.equal((await sharp(bytes).metadata()).pages, 2, 'it moves')
    t.match(await pictureOf(bytes), { width: 30, height: 20 })
    const thumbnail = await thumbnailOf(bytes)
    t.equal((await sharp(thumbnail).metadata()).pages, undefined)
    const { dominant } = await sharp(thumbnail).stats()
    t.ok(dominant.r > 200 && dominant.g < 50 && dominant.b < 50, 'red')
  }
})

t.test('half a picture has its size, and what is none has nothing', async (t) => {
  for (const image of [picture(640, 480).jpeg(), picture(640, 480).png()]) {
    const bytes = await image.toBuffer()
    const half = await pictureOf(bytes.subarray(0, bytes.length / 2))
    t.strictSame(half, { width: 640, height: 480, thumbnail: undefined })
  }
  const gif = await SAMPLE_FILES['image/gif']()
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('GIF89a'),
    gif.subarray(0, 20),
    Buffer.alloc(1000),
    pdf(),
  ])
    t.equal(await pictureOf(bytes), undefined)
})

t.test('a photo whose camera left stray bytes in it is read', async (t) => {
  const photo = await picture().jpeg().toBuffer()
  const scan = photo.indexOf(Buffer.from([0xff, 0xda]))
  const stray = Buffer.concat([photo.subarray(0, scan), Buffer.alloc(4), photo.subarray(scan)])
  await t.rejects(sharp(stray).stats(), /extraneous bytes/)
  t.strictSame(await sizeOf(await thumbnailOf(stray)), [64, 48])
})

t.test('formats that nobody may send are never decoded, whatever a file is called', async (t) => {
  const svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>',
  )
  for (const bytes of [svg, await picture().tiff().toBuffer()]) t.equal(await pictureOf(bytes), undefined)
  for (const { id, input } of Object.values(sharp.format))
    if (input.buffer)
      t.match(id, /^(jpeg|png|gif|webp|heif|raw|svg|tiff)$/, 'none that this test does not know')
})

t.test('bombs', async (t) => {
  // [what it is, the file, whether it has a thumbnail, the megabytes that this may take]
  for (const [what, file, hasThumbnail, most] of [
    ['900 megapixels', blackPng(30_000), false, 40],
    ['196 megapixels, row by row', blackPng(14_000), true, 150],
    ['49 megapixels that come as a whole', blackPng(7000, { interlaced: true }), true, 200],
    ['50.4 megapixels that come as a whole', blackPng(7100, { interlaced: true }), false, 40],
    ['8 megapixels of AVIF', await picture(2840, 2840).avif({ effort: 0 }).toBuffer(), false, 40],
  ] as const) {
    const { answer, megabytes } = await memoryOf(t, 'thumbnail', file)
    t.match(answer, { hasThumbnail }, `${what}, in ${file.length} bytes`)
    t.ok(megabytes < most, `${what}: ${megabytes} MB`)
  }
})

t.test('of a file above 50 MB no more is read', async (t) => {
  let sent = 0
  const body = Readable.from(
    (function* () {
      for (; sent < 200; sent++) yield Buffer.alloc(1_000_000)
    })(),
  )
  t.equal(await make(async () => body), undefined)
  t.ok(body.destroyed)
  t.ok(sent < 100, `${sent} MB`)
})

t.test('a body that fails is an error', async (t) => {
  const failing = new PassThrough()
  const made = make(async () => failing)
  failing.write(await SAMPLE_FILES['image/jpeg']())
  failing.destroy(new Error('connection lost'))
  await t.rejects(made, /connection lost/)
  const ended = new PassThrough()
  ended.destroy()
  await t.rejects(
    make(async () => ended),
    'one that ends before its end',
  )
  await t.rejects(
    make(async () => {
      throw new Error('the store is away')
    }),
    /the store is away/,
  )
})

t.test('so many at once, the others unopened in line; a failure gives its place to the next', async (t) => {
  const line = createThumbnails({ concurrency: 2 })
  const jpeg = await SAMPLE_FILES['image/jpeg']()
  const opened: number[] = []
  const bodies = Array.from({ length: 4 }, () => new PassThrough())
  const made = Promise.allSettled(
    bodies.map((body, index) =>
      line.make(async () => {
        opened.push(index)
        return body
      }),
    ),
  )
  await until(() => opened.length >= 2, 'the first are opened')
  t.strictSame(opened, [0, 1])
  bodies[0]?.destroy(new Error('lost at work'))
  await until(() => opened.length >= 3, 'the next is opened')
  t.strictSame(opened, [0, 1, 2])

  for (const body of bodies) if (!body.destroyed) body.end(jpeg)
  t.match(await made, [
    { reason: { message: 'lost at work' } },
    { value: { width: 64 } },
    { value: { width: 64 } },
    { value: { width: 64 } },
  ])
})

import type { Readable } from 'node:stream'
import sharp, { type Metadata } from 'sharp'

/** A thumbnail's longer side, at most. */
const SIDE = 320
/** All of a file is in memory while its thumbnail is made. */
const INPUT_BYTES = 50_000_000
const SECONDS = 20

/** What of libvips may run on bytes that somebody has sent. SVG, PDF, ImageMagick, TIFF and the rest are never tried. */
const LOADERS = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadNsgifBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadHeifBuffer',
]

export interface Picture {
  /** In pixels, as it is shown: turned when its EXIF says so. */
  readonly width: number
  readonly height: number
  /** WebP; undefined when the pixels cannot be read, or are too many. */
  readonly thumbnail: Buffer | undefined
}

export interface ThumbnailsOptions {
  /** Made at once at most, each on a thread of its own and in up to 400 MB; the others wait in line. */
  readonly concurrency: number
}

export function createThumbnails({ concurrency }: ThumbnailsOptions) {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: LOADERS })
  // No picture comes twice; and several at once use the processors better than one on several threads.
  sharp.cache(false)
  sharp.concurrency(1)
  const inTurn = createTurns(concurrency)

  return {
    /**
     * The size of a picture and its thumbnail, free of metadata (a photo's says where it was taken); of a moving one the
     * first frame. Undefined for what is no picture that sharp knows, and above 50 MB. It is opened when its turn has
     * come, for a store does not wait; then it is read, or destroyed.
     *
     * @throws what opening it or the body fails with
     */
    async make(open: () => Promise<Readable>): Promise<Picture | undefined> {
      return await inTurn(async () => {
        const bytes = await read(await open())
        return bytes === undefined ? undefined : await toPicture(bytes)
      })
    },
  }
}

export type Thumbnails = ReturnType<typeof createThumbnails>

/** Undefined when there are too many bytes: leaving the loop destroys the body. */
async function read(body: Readable): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > INPUT_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function toPicture(bytes: Buffer): Promise<Picture | undefined> {
  if (bytes.length === 0) return undefined
  // At 'error' a photo whose camera has left stray bytes in it is read, and half a photo is not.
  const image = sharp(bytes, { autoOrient: true, failOn: 'error', limitInputPixels: false })
  const metadata = await image.metadata().catch(() => undefined)
  if (metadata === undefined) return undefined
  const { width, height } = metadata.autoOrient
  if (width * height > mostPixels(metadata)) return { width, height, thumbnail: undefined }
  const thumbnail = await image
    .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 75 })
    .timeout({ seconds: SECONDS })
    .toBuffer()
    .catch(() => undefined)
  return { width, height, thumbnail }
}

/**
 * A few bytes can stand for any number of pixels; what those cost depends on whether they can be read row by row, as
 * the 200 megapixels of a phone's camera are, or only as a whole, for up to 8 bytes each. AVIF takes 18, in pieces so
 * small that the C library gives little of it back.
 */
function mostPixels({ format, isProgressive }: Metadata): number {
  if (format === 'heif') return 8_000_000
  const isByRows = (format === 'jpeg' || format === 'png') && !isProgressive
  return isByRows ? 200_000_000 : 50_000_000
}

/** Runs at most so many at once, the others in the order of their coming. */
function createTurns(atOnce: number) {
  let free = atOnce
  const waiting: (() => void)[] = []
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}

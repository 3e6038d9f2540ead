/**
 * Answers what the window fetches: its own files, uploads, and arrays. Written for the web's Request and Response, so
 * that the web host and Electron's protocol handler share it.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { brotliCompressSync, constants } from 'node:zlib';
import { ForcewrightError } from '../../src-compute/errors.ts';
import { answerData } from '../api/data.ts';
import { wordsFor } from '../error-words.ts';
import type { Workspace } from '../api/workspace.ts';
import { asSentence } from '../platform/file-error.ts';
import { contentSecurityPolicy, SECURITY_HEADERS } from './content-security.ts';

export interface ContentOptions {
  readonly workspace: Workspace;
  /** Folder with the built window: index.html and assets/. */
  readonly rendererFolder: string;
  /** Whether a request for data may be answered. */
  readonly authorise: (request: Request) => boolean;
}

/** Where index.html has the place for the nonce. */
export const NONCE_PLACE = '__CSP_NONCE__';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
};
const COMPRESSED = new Set(['.js', '.css', '.svg', '.json', '.txt']);

/** @returns a function that answers any request of the window */
export function createContentHandler(options: ContentOptions): (request: Request) => Promise<Response> {
  const files = new StaticFiles(options.rendererFolder);
  return async (request) => {
    let pathname = request.url;
    try {
      const { searchParams, ...address } = parsedAddress(request.url);
      pathname = address.pathname;
      if (pathname === '/upload' || pathname.startsWith('/data/')) {
        if (!options.authorise(request)) return refusal(401, 'This page has no permission to read data.');
        if (pathname === '/upload') return await upload(request, options.workspace, searchParams.get('name'));
        if (request.method !== 'GET') return refusal(405, 'Data can only be read.');
        const exported = /^\/data\/exports\/([0-9a-f-]{36})$/.exec(pathname)?.[1];
        const block =
          exported === undefined
            ? await answerData(options.workspace, pathname.slice('/data/'.length), searchParams)
            : options.workspace.exports.read(exported);
        return new Response(block, {
          headers: {
            ...SECURITY_HEADERS,
            'Content-Type': 'application/octet-stream',
            'Cache-Control': 'no-store',
          },
        });
      }
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return refusal(405, 'Files can only be read.');
      return await files.answer(pathname, request.headers.get('accept-encoding') ?? '');
    } catch (error) {
      return failure(error, pathname);
    }
  };
}

function parsedAddress(url: string): { pathname: string; searchParams: URLSearchParams } {
  const address = URL.parse(url);
  if (address === null) throw new ForcewrightError('This is no address of this host.');
  return { pathname: address.pathname, searchParams: address.searchParams };
}

async function upload(request: Request, workspace: Workspace, name: string | null): Promise<Response> {
  if (request.method !== 'PUT' || name === null) return refusal(405, 'A file with a name was expected.');
  const body = request.body as WebStream<Uint8Array> | null;
  const grant = await workspace.files.addUpload(
    name,
    body ?? (new Blob([]).stream() as WebStream<Uint8Array>),
    Number(request.headers.get('content-length') ?? NaN) || undefined,
  );
  return Response.json(grant, { headers: { ...SECURITY_HEADERS, 'Cache-Control': 'no-store' } });
}

function failure(thrown: unknown, pathname: string): Response {
  const error = asSentence(thrown);
  if (error instanceof ForcewrightError) return refusal(422, error.message, error.remedy);
  if (error instanceof SyntaxError)
    return refusal(422, 'A value in the address was not accepted.', 'Correct it and ask again.');
  const { message, remedy, expected } = wordsFor(error, { values: 'the address' });
  if (expected) return refusal(422, message, remedy);
  process.stderr.write(`Unexpected error for ${pathname}: ${error instanceof Error ? error.stack : error}\n`);
  return refusal(
    500,
    'Something went wrong inside Forcewright.',
    'Details are in the terminal that runs it.',
  );
}

/** An error as JSON: {message, remedy}. */
export function refusal(status: number, message: string, remedy = ''): Response {
  return Response.json({ message, remedy }, { status, headers: SECURITY_HEADERS });
}

/** The path in an address; nothing where it is no text. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return '\uFFFD';
  }
}

/** The built window's files, compressed once and kept. */
class StaticFiles {
  private readonly folder: string;
  private readonly cache = new Map<string, { plain: Buffer; brotli: Buffer | undefined }>();

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  async answer(pathname: string, acceptEncoding: string): Promise<Response> {
    const path = resolve(join(this.folder, decoded(pathname)));
    if (path !== this.folder && !path.startsWith(this.folder + sep))
      return refusal(404, 'There is no such file.');
    if (path === this.folder || path === join(this.folder, 'index.html')) return this.page();
    const extension = extname(path);
    const file = await this.read(path, extension);
    if (file === undefined) return refusal(404, 'There is no such file.');
    const compressed = file.brotli !== undefined && acceptEncoding.includes('br');
    return new Response(new Uint8Array(compressed ? (file.brotli ?? file.plain) : file.plain), {
      headers: {
        ...SECURITY_HEADERS,
        'Content-Type': TYPES[extension] ?? 'application/octet-stream',
        // workers are pages of their own: they get the policy too
        'Content-Security-Policy': contentSecurityPolicy('none'),
        'Cache-Control': pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        Vary: 'Accept-Encoding',
        ...(compressed ? { 'Content-Encoding': 'br' } : {}),
      },
    });
  }

  private async page(): Promise<Response> {
    const html = await readFile(join(this.folder, 'index.html'), 'utf8').catch((cause: unknown) => {
      throw new ForcewrightError('The window is not built yet.', {
        remedy: 'Run npm run build first.',
        cause,
      });
    });
    const nonce = randomBytes(16).toString('base64');
    return new Response(html.replaceAll(NONCE_PLACE, nonce), {
      headers: {
        ...SECURITY_HEADERS,
        'Content-Type': TYPES['.html'],
        'Content-Security-Policy': contentSecurityPolicy(nonce),
        'Cache-Control': 'no-store',
      },
    });
  }

  private async read(path: string, extension: string) {
    const known = this.cache.get(path);
    if (known !== undefined) return known;
    const plain = await readFile(path).catch(() => undefined);
    if (plain === undefined) return undefined;
    const brotli =
      COMPRESSED.has(extension) && plain.byteLength > 1024
        ? brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })
        : undefined;
    const file = { plain, brotli };
    this.cache.set(path, file);
    return file;
  }
}

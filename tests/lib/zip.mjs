// What is in a .zip, read by Info-ZIP: a witness that is not libzip.
import { run } from './process.mjs';

export async function unzip(file) {
	await run('unzip', ['-tq', file]);
	const names = (await run('unzip', ['-Z1', file])).stdout.trim().split('\n');
	const texts = await Promise.all(names.map(async (name) => [name, (await run('unzip', ['-p', file, name])).stdout]));
	return Object.fromEntries(texts);
}

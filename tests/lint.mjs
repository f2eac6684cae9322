// ./dev lint, after both compilers: clang-format, cppcheck, ES5, and no paths or hosts of one machine in what people read.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './lib/paths.mjs';
import { run } from './lib/process.mjs';

const { parse } = createRequire(import.meta.url)('acorn');
const problems = [];
const files = (await run('git', ['ls-files'], { cwd: root })).stdout.trim().split('\n').filter((name) => existsSync(path.join(root, name)));
const text = (name) => readFileSync(path.join(root, name), 'utf8');

// Leaks and uninitialised values are valgrind's and the sanitizers'; cppcheck guesses them.
async function cppcheck() {
	const sources = files.filter((name) => /^(protocol|pkcs11|agent|hall)\/.*\.c$/.test(name));
	const { status, stderr, stdout } = await run('cppcheck', ['--quiet', '--std=c11', '--enable=warning,portability', '--inline-suppr', '--error-exitcode=1',
		'-D__GNUC__', '--suppress=missingInclude', '--suppress=unknownMacro', '--suppress=memleak', '--suppress=uninitvar', '--suppress=legacyUninitvar', '-j', '2', ...sources], { cwd: root, status: null });
	if (status !== 0) problems.push(...(stdout + stderr).trim().split('\n').filter((line) => /^\S+:\d+/.test(line)));
	console.log(`cppcheck: ${sources.length} files`);
}

// One dialect: .clang-format. Versions of clang-format differ in details; the one of Debian 12 counts.
async function clangFormat() {
	const program = existsSync('/usr/bin/clang-format-14') ? 'clang-format-14' : 'clang-format';
	const sources = files.filter((name) => /\.[ch]$/.test(name));
	const { status, stderr } = await run(program, ['--dry-run', '-Werror', '--ferror-limit=1', ...sources], { cwd: root, status: null });
	if (status !== 0) problems.push(...stderr.trim().split('\n').filter((line) => /^\S+:\d+/.test(line)));
	const compared = files.filter((name) => /^(protocol|pkcs11|agent|hall)\/.*\.[ch]$/.test(name));
	for (const name of compared)
		text(name).split('\n').forEach((line, i) => { if (/[!=]= NULL\b/.test(line)) problems.push(`${name}:${i + 1}: a pointer is tested by itself`); });
	console.log(`clang-format: ${sources.length} files`);
}

// The SDK runs where there is nothing newer than ES5.
function es5() {
	const scripts = files.filter((name) => /^(protocol\/js|hall\/pages)\/[^/]*\.js$/.test(name) && !/\.(es|esm|module)\.js$/.test(name));
	for (const name of scripts) {
		try { parse(text(name), { ecmaVersion: 5, sourceType: 'script' }); } catch (error) { problems.push(`${name}: not ES5: ${error.message}`); }
	}
	console.log(`ES5: ${scripts.join(', ') || 'no script'}`);
}

// What is read elsewhere names no folder of the machine it was written on.
function machinePaths() {
	const readable = files.filter((name) => /\.(md|html|json|mjs|js|c|h|py|build|sh)$|^dev$|^\.ci\//.test(name) && name !== 'tests/lint.mjs');
	for (const name of readable)
		text(name).split('\n').forEach((line, i) => {
			if (/(^|[^\w./-])\/(work|root|home\/\w+)\//.test(line)) problems.push(`${name}:${i + 1}: path of one machine: ${line.trim().slice(0, 100)}`);
		});
	for (const name of files.filter((one) => one.endsWith('package-lock.json')))
		if (/"resolved"/.test(text(name))) problems.push(`${name}: names a registry`);
	console.log(`paths: ${readable.length} files`);
}

// A script that a file names must be there; docs that point nowhere mislead.
function links() {
	const docs = files.filter((name) => name.endsWith('.md'));
	for (const name of docs)
		for (const [, target] of text(name).matchAll(/\]\(([^)#\s]+)[^)]*\)/g))
			if (!/^[a-z]+:/.test(target) && !existsSync(path.join(root, path.dirname(name), decodeURI(target)))) problems.push(`${name}: no ${target}`);
	console.log(`links: ${docs.length} documents`);
}

await clangFormat();
await cppcheck();
es5();
machinePaths();
links();
for (const problem of problems) console.error(problem);
process.exit(problems.length ? 1 : 0);

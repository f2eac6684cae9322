// keyhall configure: the file of a hall becomes the configuration, whole and signed, or nothing is changed. keyhalld --check: whether it is right.
import assert from 'node:assert/strict';
import { createPrivateKey, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Hall, hallName } from '../lib/hall.mjs';
import { inMountNamespace } from '../lib/namespace.mjs';
import { program } from '../lib/paths.mjs';
import { removeFolder, run, temporaryFolder } from '../lib/process.mjs';
import { keyhall, typed } from '../lib/tool.mjs';

const old = '{"origins": ["https://old.example"]}';
let folder, hall, key, otherKey, env;
const file = (...parts) => path.join(folder, ...parts);
const offer = () => file('offer/hall.json'), target = () => file('target/config.json');
const put = (text, jws) => {
	writeFileSync(offer(), text);
	rmSync(`${offer()}.jws`, { force: true });
	if (jws) writeFileSync(`${offer()}.jws`, jws);
};
const downloaded = (name) => readFileSync(file('downloads', name), 'utf8');
const configure = (...args) => keyhall({ configuration: target(), env }, ['configure', ...args, '--locale', 'en']);
const written = () => readFileSync(target(), 'utf8');

// As the hall signs; state: of a hall.
function signed(text, state) {
	const head = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid: '' })).toString('base64url');
	const by = createPrivateKey(readFileSync(path.join(state, 'signing.key')));
	return `${head}..${sign(null, Buffer.from(`${head}.${Buffer.from(text).toString('base64url')}`), by).toString('base64url')}\n`;
}

before(async () => {
	folder = temporaryFolder();
	for (const one of ['offer', 'target', 'downloads', 'home']) mkdirSync(file(one));
	env = { HOME: file('home'), XDG_CONFIG_HOME: file('home/.config'), XDG_STATE_HOME: file('home/.state'), XDG_RUNTIME_DIR: folder };
	hall = await Hall.start({ folder, state: file('hall'), args: ['--downloads', file('downloads')] });
	await run(program.hall, ['bundle', ...hall.args]);
	await run(program.hall, ['bundle', '--state', file('other'), '--out', file('other.json')]);
	[key, otherKey] = [path.join(hall.state, 'signing.pem'), file('other/signing.pem')];
});
after(async () => { await hall?.stop(); removeFolder(folder); });
beforeEach(() => {
	writeFileSync(target(), old);
	put(downloaded('hall.json'), downloaded('hall.json.jws'));
});

test('a hall\'s file with its signature beside it: it says whom it lets in, and writes the very file', async () => {
	for (const more of [[], ['--key', key]]) {
		writeFileSync(target(), old);
		const { status, stdout, stderr } = await configure(offer(), '--yes', ...more);
		assert.deepEqual([status, stdout], [0, ''], stderr);
		assert.equal(stderr, `${target()} will let these halls speak with the key agent:\n  ${hall.origin}  ${hallName}\n`
			+ `${target()} is written. The key agent starts again by itself where it runs as a service; else log out and in.\n`);
		assert.equal(written(), downloaded('hall.json'));
		assert.deepEqual(readdirSync(file('target')), ['config.json']);
	}
	const { status, stderr } = await run(program.keyhalld, ['--check', '--config', target()], { env, status: null });
	assert.deepEqual([status, stderr], [0, '']);
});

test('without a signature, and in place of a configuration that is wrong', async () => {
	put(downloaded('hall.json'));
	writeFileSync(target(), '{"origin');
	const { status, stderr } = await configure(offer(), '--yes');
	assert.equal(status, 0, stderr);
	assert.equal(written(), downloaded('hall.json'));
});

test('from the hall\'s address', async () => {
	const { status, stderr } = await configure(`${hall.origin}/downloads/hall.json`, '--yes');
	assert.equal(status, 0, stderr);
	assert.equal(written(), downloaded('hall.json'));
});

describe('refused in one sentence, and nothing is changed', () => {
	const origins = '{"origins": ["https://hall.example.cn"]}';
	const cases = {
		'no JSON': [() => put('{"origins": ['), 2, /^keyhall: \S+hall\.json: is not valid JSON at line:column 1:\d+$/],
		'an empty file': [() => put(''), 1, /^keyhall: \S+hall\.json cannot be read\.$/],
		'a key that is wrong': [() => put('{"origins": ["https://hall.example.cn/path"]}'), 2, /^keyhall: \S+hall\.json:1: "origins\.0" must be scheme:\/\/host /],
		'a key that is none': [() => put('{"origins": ["https://hall.example.cn"], "pin": "1"}'), 2, /^keyhall: \S+hall\.json:1: "pin" /],
		'no hall': [() => put('{"locale": "en"}'), 1, /is no hall's file: it has no "origins"\.$/],
		'no file': [() => rmSync(offer()), 1, /^keyhall: \S+hall\.json cannot be read\.$/],
		'changed after it was signed': [() => put(downloaded('hall.json').replace('1 year', '2 year'), downloaded('hall.json.jws')), 1, /hall\.json\.jws does not fit/],
		'a signature that is none': [() => put(downloaded('hall.json'), 'a.b.c'), 1, /hall\.json\.jws does not fit/],
		'signed by another key than it names': [() => put(downloaded('hall.json'), signed(downloaded('hall.json'), file('other'))), 1, /hall\.json\.jws does not fit/],
		'signed, and names no key': [() => put(origins, signed(origins, hall.state)), 1, /hall\.json\.jws cannot be checked: give the hall's public key by --key\.$/],
		'not by the key that was given': [() => {}, 1, /hall\.json\.jws does not fit/, () => ['--key', otherKey]],
		'no signature, and a key was given': [() => put(downloaded('hall.json')), 1, /the signature \S+hall\.json\.jws is not there\.$/, () => ['--key', key]],
		'a key that is not there': [() => {}, 1, /^keyhall: the key \S+none\.pem cannot be read\.$/, () => ['--key', file('none.pem')]],
	};
	for (const [name, [prepare, wanted, sentence, more = () => []]] of Object.entries(cases))
		test(name, async () => {
			prepare();
			const { status, stdout, stderr } = await configure(offer(), '--yes', ...more());
			assert.deepEqual([status, stdout, stderr.split('\n').length], [wanted, '', 2], stderr);
			assert.match(stderr.trim(), sentence);
			assert.equal(written(), old);
			assert.deepEqual(readdirSync(file('target')), ['config.json']);
		});

	test('an address that anybody on the way can answer for; one where nobody is', async () => {
		for (const [address, sentence] of [['http://hall.example.cn/hall.json', /could be changed on its way: an address must begin with https:/], [`${hall.origin}/downloads/none.json`, /none\.json cannot be read\.$/]]) {
			const { status, stderr } = await configure(address, '--yes');
			assert.equal(status, 1);
			assert.match(stderr.trim(), sentence);
			assert.equal(written(), old);
		}
	});

	test('a folder that takes no file', async () => {
		const { status, stderr } = await keyhall({ configuration: file('nowhere/config.json'), env }, ['configure', offer(), '--yes', '--locale', 'en']);
		assert.equal(status, 1);
		assert.match(stderr, /nowhere\/config\.json cannot be written \(no such file or directory\)\.$/m);
	});
});

test('signed, and names no key: by the one that is given', async () => {
	const origins = '{"origins": ["https://hall.example.cn"]}';
	put(origins, signed(origins, hall.state));
	assert.equal((await configure(offer(), '--yes', '--key', key)).status, 0);
	assert.equal(written(), origins);
});

test('on a terminal it asks; elsewhere it wants --yes', async () => {
	const ask = (input) => typed({ configuration: target(), env }, ['configure', offer(), '--locale', 'en'], { input });
	assert.match((await ask('n\n')).stdout, /Write it\? \(y\/N\)[^]*Nothing was written\./);
	assert.equal(written(), old);
	assert.match((await ask('y\n')).stdout, /is written\./);
	assert.equal(written(), downloaded('hall.json'));
	const { status, stderr } = await configure(offer());
	assert.deepEqual([status, stderr], [2, 'keyhall: nobody can be asked here: give --yes.\n']);
});

test('for all users where that can be written, else for one', async () => {
	const inside = async (script) => run(...(([first, ...rest]) => [first, [...rest, 'sh', '-c', `mount -t tmpfs tmpfs /etc\n${script}`, 'sh', program.keyhall, 'configure', offer(), '--yes']])(inMountNamespace()), { env });
	const { stdout } = await inside('mkdir /etc/keyhall && umask 077 && "$@" && stat -c %a /etc/keyhall/config.json && cat /etc/keyhall/config.json');
	assert.equal(stdout, `644\n${downloaded('hall.json')}`);
	assert.ok(!existsSync(file('home/.config')));
	await inside('"$@"');
	assert.equal(readFileSync(file('home/.config/keyhall/config.json'), 'utf8'), downloaded('hall.json'));
	rmSync(file('home/.config'), { recursive: true });
});

test('keyhalld --check says what is wrong, and starts nothing', async () => {
	writeFileSync(target(), '{"port": 0}');
	const { status, stdout, stderr } = await run(program.keyhalld, ['--check', '--config', target()], { env: { ...env, LC_ALL: 'en_US.UTF-8' }, status: null });
	assert.deepEqual([status, stdout], [2, '']);
	assert.match(stderr, /^keyhalld: \S+config\.json:1: "port" /);
	assert.ok(!existsSync(file('home/.state')));
});

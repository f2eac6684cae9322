// keyhall's command line: one table makes its help, its manual pages and its completions; wrong usage; its language.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { build, program, root } from '../lib/paths.mjs';
import { run, temporaryFolder } from '../lib/process.mjs';
import { keyhall } from '../lib/tool.mjs';

const { commands: all, ...words } = JSON.parse(readFileSync(path.join(root, 'agent/tool/commands.json'), 'utf8')), table = { ...words, commands: all.filter(({ hidden }) => !hidden) };
const folder = temporaryFolder();
const env = { HOME: folder, XDG_CONFIG_HOME: path.join(folder, 'none'), XDG_STATE_HOME: folder, XDG_RUNTIME_DIR: folder };
const tool = (...args) => keyhall({ env }, args, { language: 'en_US.UTF-8' });
const made = (name) => path.join(build, 'agent/tool', name);
const chinese = /\p{Script=Han}/u;

describe('help', () => {
	for (const [locale, language] of [['en', 'en'], ['zh-CN', 'zh']])
		test(`${language}: every command and option, at most 80 columns`, async () => {
			const { status, stdout } = await tool('--help', '--locale', locale);
			assert.equal(status, 0);
			for (const command of table.commands) {
				assert.ok(stdout.includes(`  ${command.name}`), command.name);
				const own = (await tool(...command.name.split(' '), '--help', '--locale', locale)).stdout;
				for (const name of command.options ?? []) assert.ok(own.includes(`\n  --${name}`), `${command.name} --${name}`);
				if (command.argument) assert.ok(own.includes(command.argument[language]));
				assert.equal(chinese.test(own), language === 'zh');
				for (const line of `${stdout}${own}`.split('\n'))
					assert.ok([...line].reduce((sum, letter) => sum + (/[\u1100-\uffff]/.test(letter) && letter !== '’' ? 2 : 1), 0) <= 80, line);
			}
		});

	test('a bare keyhall is wrong usage, and says how it is used', async () => {
		const { status, stdout, stderr } = await tool();
		assert.deepEqual([status, stdout], [2, '']);
		assert.match(stderr, /^Usage: keyhall COMMAND/);
	});
});

describe('wrong usage ends with 2 and names it', () => {
	for (const [args, named, help] of [
		[['explode'], 'explode is no command', 'keyhall --help'],
		[['list', 'everything'], 'keyhall list takes no everything', 'keyhall list --help'],
		[['list', '--loud'], '--loud is no option of keyhall list', 'keyhall list --help'],
		[['--loud'], '--loud is no option', 'keyhall --help'],
		[['list', '--help=yes'], '--help=yes is no option', 'keyhall list --help'],
		[['list', '--config'], '--config needs a value', 'keyhall list --help'],
		[['list', '--port', '0'], '--port must be a number from 1 to 65535, not 0', 'keyhall list --help'],
		[['list', '--port=65536'], 'not 65536', 'keyhall list --help'],
		[['list', '--locale', 'fr'], '--locale must be zh-CN or en, not fr', 'keyhall list --help'],
	])
		test(args.join(' '), async () => {
			const { status, stdout, stderr } = await tool(...args);
			assert.deepEqual([status, stdout], [2, '']);
			assert.ok(stderr.includes(named) && stderr.includes(`See ${help}`), stderr);
			const zh = await tool('--locale=zh-CN', ...args);
			if (!args.includes('--locale')) assert.match(zh.stderr, chinese);
		});
});

// A Chinese clerk's desktop says zh_CN; a deployer's word is above it; --locale above all.
describe('the language', () => {
	const configured = (locale) => {
		const file = path.join(folder, `${locale}.json`);
		writeFileSync(file, JSON.stringify(locale ? { locale } : {}));
		return file;
	};
	for (const [why, more, locale, args, zh] of [
		['nothing says any: the default of the configuration', {}, '', [], true],
		['LANG is Chinese', { LANG: 'zh_CN.UTF-8' }, '', [], true],
		['LANG is English', { LANG: 'en_US.UTF-8' }, '', [], false],
		['LANG is another language', { LANG: 'fr_FR.UTF-8' }, '', [], false],
		['LANG is C', { LANG: 'C.UTF-8' }, '', [], false],
		['LC_MESSAGES is above LANG', { LANG: 'en_US.UTF-8', LC_MESSAGES: 'zh_CN' }, '', [], true],
		['LC_ALL is above LC_MESSAGES', { LC_ALL: 'en_US', LC_MESSAGES: 'zh_CN' }, '', [], false],
		['the configuration is above the system', { LANG: 'zh_CN.UTF-8' }, 'en', [], false],
		['and the other way round', { LANG: 'en_US.UTF-8' }, 'zh-CN', [], true],
		['--locale is above the configuration', {}, 'zh-CN', ['--locale', 'en'], false],
	])
		test(why, async () => {
			const { stdout } = await keyhall({ env, configuration: configured(locale) }, ['--help', ...args], { more });
			assert.equal(chinese.test(stdout), zh);
		});

	test('no configuration that can be read', async () => {
		assert.match((await keyhall({ env, configuration: path.join(folder, 'away.json') }, ['--help'], { language: 'en_US.UTF-8' })).stdout, /^Usage/);
	});
});

describe('manual pages', () => {
	for (const [language, file] of [['en', 'keyhall.1'], ['zh', 'zh_CN/keyhall.1']])
		test(`${language}: without a fault, every command, option and status in it`, async () => {
			assert.equal((await run('mandoc', ['-T', 'lint', '-W', 'warning', made(file)], { status: null })).stdout, '');
			const text = (await run('mandoc', ['-T', 'utf8', '-O', 'width=200', made(file)])).stdout.replace(/.\x08/g, '');
			for (const row of [...table.commands, ...table.options, ...table.exit, ...table.files, ...table.environment])
				assert.ok(text.includes(row[language].slice(1, 30)), `${JSON.stringify(row)}\n${text}`);
			assert.equal(chinese.test(text), language === 'zh');
		});
});

describe('completion', () => {
	const complete = async (...words) => (await run('bash', ['--norc', '-c', `compopt() { :; }; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _keyhall; printf '%s\\n' "\${COMPREPLY[@]}"`,
		'bash', made('keyhall'), 'keyhall', ...words])).stdout.trim().split('\n');
	const firsts = [...new Set(table.commands.map(({ name }) => name.split(' ')[0]))];

	test('bash: commands, then what each takes', async () => {
		const everywhere = table.options.filter((one) => one.everywhere).map(({ name }) => `--${name}`);
		assert.deepEqual(await complete(''), [...firsts, ...everywhere]);
		assert.deepEqual(await complete('repo'), ['report']);
		assert.deepEqual(await complete('list', '--locale', ''), ['zh-CN', 'en']);
		assert.deepEqual(await complete('--locale', 'en', 'doc'), ['doctor']);
		for (const { name, options = [] } of table.commands) {
			const shown = await complete(...name.split(' '), '--');
			for (const option of options) assert.ok(shown.includes(`--${option}`), `${name} --${option}`);
		}
	});

	test('zsh: every command', async () => {
		await run('zsh', ['-n', made('_keyhall')]);
		const text = readFileSync(made('_keyhall'), 'utf8');
		for (const first of firsts) assert.ok(text.includes(`'${first}:`) && text.includes(`\t${first}) _arguments`), first);
	});

	test('fish: commands, then what each takes', async () => {
		const offered = async (line) => (await run('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', made('keyhall.fish'), line], { env: { HOME: folder } }))
			.stdout.trim().split('\n').map((one) => one.split('\t')[0]).sort();
		assert.deepEqual(await offered('keyhall '), [...firsts].sort());
		assert.deepEqual(await offered('keyhall --locale en doc'), ['doctor']);
		assert.deepEqual(await offered('keyhall list --locale '), ['en', 'zh-CN']);
		for (const { name, options = [] } of table.commands) {
			const shown = await offered(`keyhall ${name} --`);
			for (const option of [...options, 'locale']) assert.ok(shown.includes(`--${option}`), `${name} --${option}`);
			if (name.includes(' ')) assert.ok((await offered(`keyhall ${name.split(' ')[0]} `)).includes(name.split(' ')[1]), name);
		}
	});
});

// keyhalld and keyhall read the same files.
describe('a configuration that is wrong', () => {
	const configuration = path.join(folder, 'wrong.json');
	writeFileSync(configuration, '{\n"prot": 1,\n"port": "18317",\n"origins": ["https://hall.example/"],\n"state": "here"\n}\n');
	for (const [language, words] of [
		['en_US.UTF-8', ['2: "prot" is not a known key', '3: "port" must be given once, as a whole number from 1 to 65535', '4: "origins.0" must be scheme://host', '5: "state" must be an absolute path']],
		['zh_CN.UTF-8', ['2："prot" 不是已知的配置项', '3："port" 只能给出一次，且须为 1 至 65535 的整数', '4："origins.0" 须为 scheme://host', '5："state" 须为绝对路径']],
	])
		test(`${language}: all of it, with the lines`, async () => {
			const told = (stderr) => words.forEach((word) => assert.ok(stderr.includes(`${configuration}:${word}`), `${word}\n${stderr}`));
			const { status, stdout, stderr } = await keyhall({ env, configuration }, ['list'], { language });
			assert.deepEqual([status, stdout], [2, '']);
			told(stderr);
			const daemon = await run(program.keyhalld, ['--config', configuration, '--foreground'], { env: { ...env, LC_ALL: '', LC_MESSAGES: '', LANG: language }, status: null });
			assert.equal(daemon.status, 2);
			told(daemon.stderr);
		});

	test('no home folder and no state folder', async () => {
		const { HOME: _, ...homeless } = { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: '', LC_MESSAGES: '' };
		const { status, stderr } = await run('env', ['-i', ...Object.entries(homeless).map((pair) => pair.join('=')), program.keyhall, 'list'], { status: null });
		assert.deepEqual([status, stderr], [2, 'keyhall: configuration: HOME is not set and no "state" folder is configured\n']);
	});

	test('--locale is above the system\'s language here, too', async () => {
		assert.match((await keyhall({ env, configuration }, ['list', '--locale', 'en'], { language: 'zh_CN.UTF-8' })).stderr, /is not a known key/);
	});
});

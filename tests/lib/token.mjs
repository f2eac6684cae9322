// SoftHSM2 tokens, one folder each, filled and read by programs that are not ours.
import { createHash, createPrivateKey, generateKeyPair } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { softhsm } from './paths.mjs';
import { run } from './process.mjs';

const generations = {
	rsa2048: ['rsa', { modulusLength: 2048 }],
	rsa3072: ['rsa', { modulusLength: 3072 }],
	rsa4096: ['rsa', { modulusLength: 4096 }],
	'ec-p256': ['ec', { namedCurve: 'P-256' }],
	'ec-p384': ['ec', { namedCurve: 'P-384' }],
	ed25519: ['ed25519', {}],
};

export const pemToDer = (pem) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
export const sha256 = (data) => createHash('sha256').update(data).digest('hex');
export const certificateId = (pem) => sha256(pemToDer(pem));

// SM2's distinguishing ID; openssl's default is an empty one.
export const distid = 'distid:1234567812345678';
// Node's crypto reads an SM2 key and has no name for it.
export const isSm2 = (keyPem) => createPrivateKey(keyPem).asymmetricKeyType === undefined;

export async function makeKey(keyType) {
	if (keyType === 'sm2') return (await run('openssl', ['genpkey', '-algorithm', 'SM2'])).stdout;
	const [type, options] = generations[keyType];
	return (await promisify(generateKeyPair)(type, options)).privateKey.export({ type: 'pkcs8', format: 'pem' });
}

export class Token {
	// label: at most 32 bytes of UTF-8.
	static async make(folder, { label = '测试Key', pin = '12345678', soPin = '87654321' } = {}) {
		const token = new Token().in(folder, { label, pin, soPin });
		await token.initialize(label);
		token.serial = await token.findSerial();
		return token;
	}

	// One that is there already, as make() left it, or a copy of it.
	static async open(folder, { pin = '12345678', label, serial } = {}) {
		const token = new Token().in(folder, { label, pin });
		token.serial = serial ?? await token.findSerial();
		return token;
	}

	in(folder, { label, pin, soPin = '87654321' }) {
		Object.assign(this, { folder, label, pin, soPin, module: softhsm, store: path.join(folder, 'tokens'), configuration: path.join(folder, 'softhsm2.conf') });
		mkdirSync(this.store, { recursive: true });
		writeFileSync(this.configuration,
			`directories.tokendir = ${this.store}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n`);
		return this;
	}

	// SoftHSM leaks with every Ed25519 signature; only whole stacks tell the sanitizer whose leak it is, and they cost time.
	get env() {
		const whole = this.leaks && process.env.ASAN_OPTIONS ? { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS}:fast_unwind_on_malloc=0` } : {};
		return { SOFTHSM2_CONF: this.configuration, ...whole };
	}

	async initialize(label, pin = this.pin) {
		await run('softhsm2-util', ['--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', this.soPin], { env: this.env });
	}

	async findSerial(label = this.label) {
		const { stdout } = await run('softhsm2-util', ['--show-slots'], { env: this.env });
		for (const slot of stdout.split(/^Slot \d+$/m)) {
			const serial = /Serial number:\s+(\S+)/.exec(slot)?.[1];
			const name = /Label:\s+(.*?)\s*$/m.exec(slot)?.[1];
			if (serial && /Initialized:\s+yes/.test(slot) && (!label || name === label)) { this.label ??= name; return serial; }
		}
		throw new Error(`no token in ${this.store}\n${stdout}`);
	}

	tool(args, options = {}) {
		return run('pkcs11-tool', ['--module', this.module, '--token-label', this.label, ...args], { env: this.env, ...options });
	}

	// The request for the old certificate, made outside with the pair that importPair() brings. A token that takes none from outside makes its
	// own pair here, and gives the request for that one.
	async adopt(request) { return request; }

	// Ends what runs for it.
	async stop() {}

	// A pair made outside, as the CA's own tools would personalise a key.
	async importPair(keyPem, { id = '01', label = '旧证书' } = {}) {
		this.leaks ||= createPrivateKey(keyPem).asymmetricKeyType === 'ed25519';
		const file = path.join(this.folder, `import-${id}.pem`);
		writeFileSync(file, keyPem);
		await run('softhsm2-util', ['--import', file, '--token', this.label, '--label', label, '--id', id, '--pin', this.pin], { env: this.env });
		rmSync(file);
	}

	async writeCertificate(pem, { id = '01', label = '旧证书' } = {}) {
		const file = path.join(this.folder, `certificate-${id}.der`);
		writeFileSync(file, pemToDer(pem));
		await this.tool(['--login', '--pin', this.pin, '--write-object', file, '--type', 'cert', '--id', id, '--label', label]);
		rmSync(file);
	}

	// All objects as pkcs11-tool shows them, sorted, for comparison.
	async objects() {
		const { stdout } = await this.tool(['--login', '--pin', this.pin, '--list-objects']);
		return stdout.split(/^(?=\S)/m).map((text) => text.trimEnd()).filter(Boolean).sort();
	}

	async readCertificate(id) {
		const { bytes } = await this.tool(['--read-object', '--type', 'cert', '--id', id]);
		const pem = bytes.toString('base64').match(/.{1,64}/g).join('\n');
		return `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`;
	}

	// What pkcs11-tool is given to sign, and by what; hash: of an EC signature, where it is not that of the curve's size.
	toSign(data, keyType, hash = keyType === 'ec-p384' ? 'sha384' : 'sha256') {
		if (keyType.startsWith('rsa')) return { input: data, mechanism: ['--mechanism', 'SHA256-RSA-PKCS'] };
		if (!keyType.startsWith('ec')) return { input: data, mechanism: ['--mechanism', 'EDDSA'] };
		return { input: createHash(hash).update(data).digest(), mechanism: ['--mechanism', 'ECDSA', '--signature-format', 'openssl'] };
	}

	// A signature by pkcs11-tool with the private key of that id, judged by openssl with the certificate.
	async signs(id, certificatePem, keyType) {
		const at = (name) => path.join(this.folder, `witness-${name}`);
		const data = Buffer.from('a message for the witness');
		const kind = keyType.startsWith('rsa') ? 'rsa' : keyType.startsWith('ec') ? 'ec' : 'ed';
		const { input, mechanism } = this.toSign(data, keyType);
		writeFileSync(at('certificate'), certificatePem);
		writeFileSync(at('in'), input);
		await this.tool(['--login', '--pin', this.pin, '--sign', '--id', id, '--input-file', at('in'), '--output-file', at('signature'), ...mechanism]);
		writeFileSync(at('in'), kind === 'ec' ? input : data);
		const verdict = await run('openssl', ['pkeyutl', '-verify', '-certin', '-inkey', at('certificate'), '-sigfile', at('signature'), '-in', at('in'),
			...{ rsa: ['-rawin', '-digest', 'sha256'], ec: [], ed: ['-rawin'] }[kind]], { status: null });
		for (const name of ['in', 'certificate', 'signature']) rmSync(at(name), { force: true });
		return verdict.status === 0 && /Verified Successfully/.test(verdict.stdout);
	}

	// The key is pulled out, and put back.
	pull() { renameSync(this.store, `${this.store}.pulled`); mkdirSync(this.store); }
	putBack() { rmSync(this.store, { recursive: true, force: true }); renameSync(`${this.store}.pulled`, this.store); }
}

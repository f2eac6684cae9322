/* Types of the contract. Generated from keyhall.openrpc.json by gen.py; do not edit. */

/** Names of the agent's errors; texts and meaning in docs/protocol.md. */
export type ErrorName =
	| 'request.invalid'
	| 'request.sequence'
	| 'request.too_large'
	| 'origin.denied'
	| 'agent.busy'
	| 'agent.failed'
	| 'agent.protocol'
	| 'agent.stopping'
	| 'agent.mixed'
	| 'driver.missing'
	| 'token.absent'
	| 'token.removed'
	| 'token.busy'
	| 'token.full'
	| 'token.failed'
	| 'token.unsupported'
	| 'token.ambiguous'
	| 'token.readonly'
	| 'pin.incorrect'
	| 'pin.locked'
	| 'pin.cancelled'
	| 'pin.unset'
	| 'pin.unavailable'
	| 'pin.unchanged'
	| 'pin.expired'
	| 'pin.ended'
	| 'order.mismatch'
	| 'renewal.window'
	| 'renewal.state'
	| 'certificate.absent'
	| 'certificate.no_key'
	| 'certificate.mismatch'
	| 'certificate.untrusted'
	| 'encryption.unopened'
	| 'encryption.mismatch';

/** The hall's name for an order. */
export type Order = string;

/** PKCS#11 URI of a token (RFC 7512): manufacturer, model, serial, token (label). */
export type TokenUri = string;

/** Origin of a page (RFC 6454, 6.2). */
export type Origin = string;

/** BCP 47; zh or en. */
export type Locale = string;

/** Serial number of a token. */
export type Serial = string;

/** SHA-256, lower-case hex. */
export type Sha256 = string;

/** One PEM block (RFC 7468). */
export type Pem = string;

/** JWS, compact serialisation (RFC 7515). */
export type Jws = string;

/** RFC 3339, UTC, seconds. */
export type Time = string;

/** ok; low: a wrong PIN was entered; final: one try left; locked; unset: no user PIN yet; expired: the PIN must be changed first. From the CKF_USER_PIN_* flags, PKCS#11 v2.40 section 3.2. */
export type PinState = 'ok' | 'low' | 'final' | 'locked' | 'unset' | 'expired';

/** Tries left after a wrong PIN. PKCS#11 has no count, only flags. */
export type PinLeft = 'many' | 'low' | 'last';

/** Key algorithm. */
export type KeyType = 'rsa2048' | 'rsa3072' | 'rsa4096' | 'ec-p256' | 'ec-p384' | 'ed25519' | 'sm2';

/** Key algorithm of a certificate; other: one this agent cannot renew. */
export type AnyKeyType = 'rsa2048' | 'rsa3072' | 'rsa4096' | 'ec-p256' | 'ec-p384' | 'ed25519' | 'sm2' | 'other';

/** new: a new key pair for the new certificate; same: the old key is certified again. */
export type KeyChoice = 'new' | 'same';

/** From the certificate's key usage (RFC 5280, 4.2.1.3). */
export type Usage = 'sign' | 'encrypt' | 'both';

/** How this key can take an encryption key: rsa-aes-kw is an RSA-wrapped AES key with an RFC 5649 wrapped PKCS#8 key; sm2-enveloped-key is SM2EnvelopedKey of GM/T 0009. */
export type ImportAlgorithm = 'rsa-aes-kw' | 'sm2-enveloped-key';

/** no: the same call fails again; user: after the clerk has done what the message says; later: the same call may succeed by itself. */
export type Retry = 'no' | 'user' | 'later';

/** What of this order is on the key. */
export type Stage = 'nothing' | 'key' | 'certificate' | 'encryption-key' | 'installed' | 'completed';

/** The call that brings this order forward. */
export type Next = 'begin' | 'install' | 'complete' | 'none';

/** agreed: libp11, an independent reader, found the new pair and used it; failed: it could not; absent: it is not built in or did not answer. Nothing depends on it. */
export type SecondReader = 'agreed' | 'failed' | 'absent';

/** data of every error. */
export interface ErrorData {
	/** area.reason, stable. */
	name: ErrorName;
	/** What to do about it. */
	retry: Retry;
	/** request.invalid: the field, as a dotted path. */
	field?: string;
	/** certificate.mismatch: spki, subject, usage or validity; with encryption. before it: of the encryption certificate. */
	what?: string;
	/** pin.incorrect: tries left. */
	left?: PinLeft;
	/** The token this is about. */
	serial?: Serial;
	/** token.ambiguous: the keys' label. */
	label?: string;
	/** File name of the module. */
	module?: string;
	/** The function that failed, such as C_Sign. */
	call?: string;
	/** Its native result, such as CKR_DEVICE_ERROR; for text that is no JSON line:column. */
	value?: string;
	/** The program that holds the key, where the system tells it. */
	holder?: string;
	/** renewal.window: first moment of the window. */
	opens?: Time;
	/** renewal.window: last moment of the window. */
	closes?: Time;
}

/** error of a response (JSON-RPC 2.0, section 5.1). */
export interface ErrorObject {
	/** Stable; of the error's name, or JSON-RPC's own. */
	code: number;
	/** For the clerk, in the locale. */
	message: string;
	data: ErrorData;
}

/** What mends a failing item. */
export interface Remedy {
	/** What the page can offer. change: pin.change; continue: the order that waits. */
	kind: 'install' | 'driver' | 'insert' | 'remove' | 'unlock' | 'settings' | 'update' | 'contact' | 'change' | 'continue';
	/** Page that helps. */
	url?: string;
	/** For the clerk, in the locale. */
	text: string;
}

/** One row of the environment check. */
export interface EnvironmentItem {
	/** What was looked at. */
	id: 'agent' | 'version' | 'browser' | 'hall' | 'anchors' | 'usb' | 'driver' | 'reader' | 'key' | 'pin' | 'space' | 'window' | 'certificate' | 'pending' | 'clock' | 'state' | 'other';
	/** ok; warn: works, but the clerk should know; fail: has to be mended first; unknown: could not be looked at. */
	state: 'ok' | 'warn' | 'fail' | 'unknown';
	/** area.reason, stable; ok when all is well. */
	code: string;
	/** The same for the telephone. */
	number: number;
	/** For the clerk, in the locale. */
	text: string;
	/** What mends it. */
	remedy?: Remedy;
	/** The key this row is about, where it is about one. */
	token?: TokenUri;
}

/** A key that is plugged in. */
export interface TokenInfo {
	/** Names this key in other calls. */
	token: TokenUri;
	/** As printed on most keys. */
	serial: Serial;
	/** Name of the token. */
	label: string;
	/** As the token tells it. */
	manufacturer: string;
	/** As the token tells it. */
	model: string;
	/** File name of the module that reads it. */
	module: string;
	/** State of the user PIN. */
	pin: PinState;
	/** Free memory in bytes, where the token tells it. */
	free?: number;
	/** A page has logged in: what is not shown now is not there. */
	login?: boolean;
	/** Nothing can be written to it (CKF_WRITE_PROTECTED). */
	readonly?: boolean;
	/** It takes no second certificate for a private key: renewal.begin with key "same" is token.unsupported. */
	oneCertificate?: boolean;
}

/** When a certificate may be renewed. The hall decides; this is what the agent's configuration says. */
export interface RenewalWindow {
	/** early: before opens; open: may be renewed; late: after closes. */
	state: 'early' | 'open' | 'late';
	/** First moment of the window. */
	opens: Time;
	/** Last moment of the window. */
	closes: Time;
	/** Whole days until notAfter; negative when it has passed. */
	daysLeft: number;
}

/** A certificate as the token holds it. id is the SHA-256 of its DER. */
export interface KeyCertificate {
	/** Names this certificate in other calls. */
	id: Sha256;
	/** The key it is on. */
	token: TokenUri;
	/** What it may be used for. */
	usage: Usage;
	/** RFC 4514, UTF-8. */
	subject: string;
	/** Of the subject: its organisation, else its common name. */
	company?: string;
	/** RFC 4514, UTF-8. */
	issuer: string;
	/** Lower-case hex. */
	serialNumber: string;
	/** 统一社会信用代码, where the certificate has it. */
	creditCode?: string;
	/** Start of its validity. */
	notBefore: Time;
	/** End of its validity. */
	notAfter: Time;
	/** Algorithm of its key. */
	keyType: AnyKeyType;
	/** Its key pair is on the token. Left out where that is not known before a login: the clerk may go on. */
	hasPrivateKey?: boolean;
	/** The certificate. */
	pem: Pem;
}

/** A certificate and its renewal window. */
export interface CertificateInfo extends KeyCertificate {
	/** When it may be renewed. */
	renewal: RenewalWindow;
}

/** The second certificate and its key, made at the CA's key centre. */
export interface Encryption {
	/** The encryption certificate. */
	certificate: Pem;
	/** The encryption key, encrypted to the new signing key. */
	envelope: string;
	/** How envelope is made; one of importAlgorithms of renewal.begin. */
	format: ImportAlgorithm;
}

/** Where an order stands. publicKey is the SHA-256 of the new key's SubjectPublicKeyInfo; certificate and oldCertificate are certificate ids. */
export interface RenewalInfo {
	/** The order. renewal.list: left out where this computer does not remember it; a mark does not tell. */
	order?: Order;
	/** The order's mark on the key: kh: and 24 hex digits of SHA-256("keyhall:" + order). */
	mark?: string;
	/** What of it is on the key. */
	stage: Stage;
	/** What to call next. */
	next: Next;
	/** The key it is on, when plugged in. */
	token?: TokenUri;
	/** Of the token. */
	serial?: Serial;
	/** Of the new key. */
	publicKey?: Sha256;
	/** The new one. */
	certificate?: Sha256;
	/** The one that is renewed. */
	oldCertificate?: Sha256;
	/** Last entry in the journal. */
	updated?: Time;
	/** key: seen on a key that is plugged in; journal: only remembered on this computer. */
	source: 'key' | 'journal';
	/** renewal.inspect: an operation on this order or its key is running, of this page or another. */
	busy?: boolean;
}

/** A PKCS#11 module and its token host. */
export interface ModuleReport {
	/** File name. */
	module: string;
	/** Where it is; ~ stands for the user's home. */
	path?: string;
	/** As the module tells it. */
	description?: string;
	/** As the module tells it. */
	manufacturer?: string;
	/** As the module tells it. */
	version?: string;
	/** missing: the file is not there. */
	state: 'running' | 'starting' | 'failed' | 'missing';
	/** Name of the driver profile in use; standard: none fits. */
	profile?: string;
	/** Profiles that are left out, and what is wrong with them. */
	profileProblems?: string[];
	/** How often it had to be started again. */
	restarts: number;
	/** The call it died in. */
	lastFailure?: string;
	/** What the second reader said last, where it was asked. */
	secondReader?: SecondReader;
}

/** A slot of a library that is tried. */
export interface ProbedSlot {
	/** As it tells it. */
	description: string;
	/** The key in it. */
	token?: TokenInfo;
	/** That key was initialised (CKF_TOKEN_INITIALIZED). */
	initialised?: boolean;
	/** The key pairs that it makes, by its mechanisms. */
	makes: KeyType[];
	/** The keys that it signs with as a renewal needs it, by its mechanisms. */
	signs: KeyType[];
	/** The function that failed on it. */
	call?: string;
	/** What that answered. */
	value?: string;
}

/** A function of a library that is tried, and how long it took. */
export interface ProbedCall {
	/** Its name; dlopen: to load the library. */
	call: string;
	/** How often. */
	times: number;
	/** All of these together. */
	microseconds: number;
}

/** What a PKCS#11 library says of itself and its slots. */
export interface ModuleAnswer {
	/** The version of PKCS#11 that it speaks. */
	cryptoki: string;
	/** As it tells it. */
	description: string;
	/** As it tells it. */
	manufacturer: string;
	/** As it tells it. */
	version: string;
	/** Name of the driver profile that fits; standard: none does. */
	profile: string;
	/** It works through the smart card service (PC/SC). */
	reader: boolean;
	/** It was tried without a network; false: the system does not allow that. */
	isolated: boolean;
	/** It has started other processes. */
	forked: boolean;
	/** Its slots, empty ones too. */
	slots: ProbedSlot[];
	/** How long its functions took, in the order they were called first. */
	calls: ProbedCall[];
}

/** What keyhall modules probe --json says of a PKCS#11 library that it has tried. */
export interface ModuleProbe {
	/** The library. */
	path: string;
	/** format: it is no program library; machine: one for another processor or system; unloadable: one that the system does not load; interface: one without PKCS#11; refused: it answered an error; crashed, exited, hung: in call. */
	state: 'works' | 'absent' | 'folder' | 'unreadable' | 'format' | 'machine' | 'unloadable' | 'skf' | 'interface' | 'refused' | 'crashed' | 'exited' | 'hung';
	/** Of the row of the environment check that would say so. */
	number?: number;
	/** What a program library is made for, such as 32-bit x86, Linux. */
	file?: string;
	/** The function that failed, such as C_Initialize; dlopen: the library was being loaded. */
	call?: string;
	/** What it answered, such as CKR_GENERAL_ERROR. */
	value?: string;
	/** The signal of a crash. */
	signal?: number;
	/** What it exited with. */
	status?: number;
	/** How long all of it took. */
	milliseconds: number;
	/** It cannot be started a second time in one process; the agent then makes a new one. */
	startsOnce?: boolean;
	/** What it said, as far as it came. */
	answer?: ModuleAnswer;
	/** What it, or the system's loader, wrote meanwhile; the first lines. */
	output: string[];
}

/** A smart card reader (PC/SC), where a module works through one. */
export interface CardReader {
	/** As PC/SC calls it. */
	name: string;
	/** Of the card in it (ISO/IEC 7816-3), hex, a colon between two bytes. */
	atr?: string;
	/** Name of the card's driver profile, where one knows its ATR. */
	family?: string;
}

/** A known key on the USB bus, also when its driver is missing. */
export interface UsbKey {
	/** vendor:product, hex. */
	id: string;
	/** Maker and model. */
	name: string;
	/** Where to get its driver. */
	driver?: string;
	/** Name of its driver profile. */
	family: string;
	/** storage: only its CD-ROM or disk shows. */
	mode: 'key' | 'storage';
	/** What its known drivers speak. */
	interface?: 'pkcs11' | 'skf';
	/** A driver shows it. */
	shown: boolean;
	/** Its drivers that are installed and not configured. */
	candidates?: string[];
}

/** A step of an order as this computer recorded it. */
export interface ReportStep {
	/** The order. */
	order: Order;
	/** begin, install, complete or cancel. */
	act: string;
	/** What was done. */
	step: string;
	/** before, after, or the name of an error. */
	moment: string;
	/** When. */
	time: Time;
}

/** What support needs, nothing secret: no PIN, no private key, no certificate subject. */
export interface Report {
	/** Of the agent. */
	version: string;
	/** When the report was made. */
	time: Time;
	/** Operating system. */
	system: string;
	/** The port it listens on. */
	port: number;
	/** Pages that may use it. */
	origins: string[];
	/** Name and version of each. */
	libraries: string[];
	/** The environment check. */
	items: EnvironmentItem[];
	/** Known keys on the USB bus. */
	usb: UsbKey[];
	/** Smart card readers. */
	readers?: CardReader[];
	/** PKCS#11 modules. */
	modules: ModuleReport[];
	/** Known drivers, and modules registered with p11-kit, that are installed and not configured. */
	candidates: string[];
	/** Keys that the modules see. */
	tokens: TokenInfo[];
	/** Orders on keys and in the journal. */
	renewals: RenewalInfo[];
	/** The latest steps of orders, newest first. */
	steps: ReportStep[];
	/** The last lines of the log. */
	log: string[];
}

export interface AgentHelloParams {
	/** Protocol versions the page can speak. */
	protocols: number[];
	/** BCP 47; zh or en, else the configured one. */
	locale?: Locale;
	/** It only shows what is: no key is polled for it. token.changed comes when the USB bus has told of a device, or somebody else's call has noticed. */
	background?: boolean;
}

export interface AgentHelloResult {
	/** Of the agent. */
	version: string;
	/** The version that was chosen. */
	protocol: number;
	/** The page as the agent sees it. */
	origin: Origin;
	/** The first hall of the configuration, told to the agent's own page only. */
	hall?: Origin;
	/** The computer's clock; the hall's counts. */
	time: Time;
	/** What this agent can do beyond the protocol; unknown ones are to be ignored. */
	features: string[];
}

export interface EnvironmentCheckParams {
	/** The key that was chosen: rows are about it. Another key is at most a warning. */
	token?: TokenUri;
	/** The hall's time: the clock is compared with it. */
	time?: Time;
}

export interface EnvironmentCheckResult {
	/** A page shows them in this order. */
	items: EnvironmentItem[];
}

export interface TokenListParams {}

export interface TokenListResult {
	/** Empty when none is plugged in. */
	tokens: TokenInfo[];
}

export interface CertificateListParams {
	/** Only on this key. */
	token?: TokenUri;
}

export interface CertificateListResult {
	/** Those with a private key and others. */
	certificates: CertificateInfo[];
}

export interface PinVerifyParams {
	/** One of token.list. */
	token: TokenUri;
}

export interface PinVerifyResult {}

export interface PinChangeParams {
	/** One of token.list. */
	token: TokenUri;
}

export interface PinChangeResult {}

export interface RenewalBeginParams {
	/** The hall's order. */
	order: Order;
	/** Id of the certificate to be renewed. */
	certificate: Sha256;
	/** A new key pair, or the same one. */
	key: KeyChoice;
	/** Algorithm of the new key. */
	keyType?: KeyType;
	/** An encryption certificate will follow. */
	dual?: boolean;
	/** SHA-256 of the SubjectPublicKeyInfo that the hall has bound to the order: finds its pair on a key that keeps neither CKA_ID nor label. */
	publicKey?: Sha256;
}

export interface RenewalBeginResult {
	/** PKCS#10 request (RFC 2986) by the new key, with the old certificate's subject. */
	csr: Pem;
	/** Identifies the new key; the hall binds the order to it. */
	publicKey: Sha256;
	/** That the holder of the old key asked for it. */
	proof: Jws;
	/** How this key can take an encryption key; empty when it cannot. */
	importAlgorithms: ImportAlgorithm[];
}

export interface RenewalInstallParams {
	/** The hall's order. */
	order: Order;
	/** The issued certificate. */
	certificate: Pem;
	/** Intermediate CAs, any order; may hold the root. */
	chain: Pem[];
	/** The encryption certificate, where the CA issues two. */
	encryption?: Encryption;
	/** SHA-256 of the SubjectPublicKeyInfo that the hall has bound to the order: finds its pair on a key that keeps neither CKA_ID nor label. */
	publicKey?: Sha256;
}

export interface RenewalInstallResult {
	/** That the new certificate is on the key and works. */
	receipt: Jws;
}

export interface RenewalCompleteParams {
	/** The hall's order. */
	order: Order;
	/** SHA-256 of the SubjectPublicKeyInfo that the hall has bound to the order: finds its pair on a key that keeps neither CKA_ID nor label. */
	publicKey?: Sha256;
}

export interface RenewalCompleteResult {
	/** Ids of the certificates taken off the key. */
	retired: Sha256[];
	/** What the second reader saw, where it was asked. */
	secondReader?: SecondReader;
}

export interface RenewalInspectParams {
	/** The hall's order. */
	order: Order;
	/** SHA-256 of the SubjectPublicKeyInfo that the hall has bound to the order: finds its pair on a key that keeps neither CKA_ID nor label. */
	publicKey?: Sha256;
}

export interface RenewalListParams {}

export interface RenewalListResult {
	/** Those on keys and those only remembered. */
	renewals: RenewalInfo[];
}

export interface RenewalCancelParams {
	/** The hall's order. */
	order: Order;
	/** SHA-256 of the SubjectPublicKeyInfo that the hall has bound to the order: finds its pair on a key that keeps neither CKA_ID nor label. */
	publicKey?: Sha256;
}

export interface RenewalCancelResult {}

export interface DiagnosticsReportParams {}

export interface DiagnosticsTraceParams {}

export interface DiagnosticsTraceResult {}

export interface DiagnosticsArchiveParams {}

export interface DiagnosticsArchiveResult {
	/** What the file is called. */
	name: string;
	/** The file. */
	archive: string;
}

export interface TokenChangedParams {
	/** All that are plugged in now. */
	tokens: TokenInfo[];
}

export interface RenewalProgressParams {
	/** The hall's order. */
	order: Order;
	/** From 1. */
	step: number;
	/** Number of steps. */
	of: number;
	/** For the clerk, in the locale. */
	text: string;
}

export interface DiagnosticsEntryParams {
	/** A line of a trace's file, in JSON, redacted. Its form: protocol/entry.h. */
	entry: string;
}

/** Every call: what it takes and what it gives. */
export interface Methods {
	/** Opens the conversation; must be the first call. */
	'agent.hello': { params: AgentHelloParams; result: AgentHelloResult };
	/** Looks at everything a renewal needs. Never needs a PIN. */
	'environment.check': { params: EnvironmentCheckParams; result: EnvironmentCheckResult };
	/** The keys that are plugged in. */
	'token.list': { params: TokenListParams; result: TokenListResult };
	/** The certificates on one key or on all. */
	'certificate.list': { params: CertificateListParams; result: CertificateListResult };
	/** Asks for the PIN in the agent's window and verifies it on the key. */
	'pin.verify': { params: PinVerifyParams; result: PinVerifyResult };
	/** Asks for the old and the new PIN in the agent's window and changes it. */
	'pin.change': { params: PinChangeParams; result: PinChangeResult };
	/** Makes the key pair (once) and the certificate request. */
	'renewal.begin': { params: RenewalBeginParams; result: RenewalBeginResult };
	/** Checks the issued certificate against the key pair of this order, writes it, proves that it works. */
	'renewal.install': { params: RenewalInstallParams; result: RenewalInstallResult };
	/** The hall has the receipt: retires the old signing pair by policy and sets the labels. */
	'renewal.complete': { params: RenewalCompleteParams; result: RenewalCompleteResult };
	/** Where an order stands on the keys plugged in. Never needs a PIN. */
	'renewal.inspect': { params: RenewalInspectParams; result: RenewalInfo };
	/** Every order seen on a key or remembered on this computer. */
	'renewal.list': { params: RenewalListParams; result: RenewalListResult };
	/** Deletes what this order made, as long as no certificate is on the key. */
	'renewal.cancel': { params: RenewalCancelParams; result: RenewalCancelResult };
	/** What support needs, redacted. */
	'diagnostics.report': { params: DiagnosticsReportParams; result: Report };
	/** From now on until its connection ends, tells what the agent hears and says, as diagnostics.entry. */
	'diagnostics.trace': { params: DiagnosticsTraceParams; result: DiagnosticsTraceResult };
	/** The .zip that keyhall report writes. For the certificate manager only: a hall's page gets origin.denied. */
	'diagnostics.archive': { params: DiagnosticsArchiveParams; result: DiagnosticsArchiveResult };
}

/** What the agent says by itself. */
export interface Notifications {
	/** Notification: a key was plugged in, pulled out or its PIN state changed. The agent's own page and programs hear it also when a renewal has changed what is on a key. */
	'token.changed': TokenChangedParams;
	/** Notification: a renewal call is at this step. */
	'renewal.progress': RenewalProgressParams;
	/** Notification: one more entry of a trace, to whoever has asked for it. */
	'diagnostics.entry': DiagnosticsEntryParams;
}

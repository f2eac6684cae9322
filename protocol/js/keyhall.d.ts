/*
 * keyhall.d.ts: types of keyhall.js. Methods, results and errors come from contract.d.ts, generated from
 * protocol/keyhall.openrpc.json. Manual: docs/integrators-guide.md.
 */
import {
	AgentHelloResult, Encryption, ErrorData, ErrorName as ContractErrorName, KeyChoice, KeyType, Methods, Notifications,
	Stage
} from './contract';

export * from './contract';

type Params<M extends keyof Methods> = keyof Methods[M]['params'] extends never ? Record<string, never> : Methods[M]['params'];
type Result<M extends keyof Methods> = Methods[M]['result'];

/** Node style: error is null when all went well. */
export type Callback<T> = (error: KeyhallError | null, result?: T) => void;

/** What the SDK itself reports, as an error's name and as client.state. */
export type StateName =
	| 'browser.prompt' | 'browser.dismissed' | 'browser.blocked' | 'browser.insecure' | 'browser.frame' | 'browser.csp'
	| 'browser.unsupported'
	| 'agent.not_running' | 'agent.other_user' | 'agent.outdated' | 'agent.connections' | 'agent.refused' | 'agent.lost'
	| 'hall.pending' | 'hall.unissued' | 'renewal.stuck'
	| 'origin.denied' | 'agent.protocol' | 'request.too_large' | 'request.invalid';

export type ErrorName = ContractErrorName | StateName;

/** One attempt to reach the agent. */
export interface Attempt {
	port: number;
	why: 'open' | 'closed' | 'refused' | 'csp' | 'foreign' | 'silent' | 'error' | 'cancelled';
	close?: number;
	reason?: string;
	ms: number;
}

export class KeyhallError extends Error {
	/** Stable; area.reason. */
	name: ErrorName;
	code: number;
	/** For the clerk, in the locale. */
	message: string;
	data: Omit<ErrorData, 'name'> & {
		name: ErrorName;
		tried?: Attempt[];
		/** agent.not_running, agent.other_user: the browser's question stands open as well. */
		asks?: boolean;
		close?: number;
		reason?: string;
		version?: string;
		minimum?: string;
		order?: string;
	};
}

export interface State {
	name: 'connecting' | 'open' | 'closed' | ErrorName;
	/** For the clerk, in the locale. */
	text: string;
	error: KeyhallError | null;
}

export interface Options {
	/** Default 18317, 28317; tried one after the other. */
	ports?: number[];
	/** zh… or en…; default: the page's language. */
	locale?: string;
	/** Connect fails with agent.outdated when the agent is older. */
	minimum?: string;
	/** false: no attempt to connect again after a lost connection; a call still connects. */
	reconnect?: boolean;
	/** Same as client.on('state', …), from the first state on. */
	onstate?: (state: State) => void;
}

/** A call takes long. */
export interface Slow {
	method: string;
	/** since it was sent */
	seconds: number;
	/** the longest it takes, without the time for which the PIN window is open */
	limit: number;
}

export interface Events extends Notifications {
	state: State;
	slow: Slow;
	open: AgentHelloResult;
	close: KeyhallError;
}

/** What the hall knows of an issued certificate. */
export interface Issued {
	/** PEM; absent while it is being made. */
	certificate?: string;
	chain?: string[];
	/** The second certificate and its key, where the hall issues two. */
	encryption?: Encryption;
	/** SHA-256 of the public key the hall has for this order, hex. */
	publicKey?: string;
	/** The hall has the receipt. false: it is made again, also when the key is done. */
	installed?: boolean;
}

type Answer<T> = T | PromiseLike<T>;
type Done<T> = (error: unknown, result?: T) => void;

/** The hall's side of a renewal. Each function returns a value or a promise, or takes done as second parameter. */
export interface Hall {
	/** Hands the request to the hall; idempotent on publicKey. Nothing, or no certificate: still being made. */
	key(request: Result<'renewal.begin'>, done: Done<Issued>): Answer<Issued | null | undefined | void>;
	/** What the hall has for this order now. */
	issued(order: {order: string}, done: Done<Issued>): Answer<Issued | null | undefined | void>;
	/** Asks the hall for a new envelope of the same encryption key, where it issues two certificates. Answers as issued does. */
	envelope?(order: {order: string}, done: Done<Issued>): Answer<Issued | null | undefined | void>;
	/** Hands the receipt to the hall; idempotent. */
	receipt(receipt: string, done: Done<void>): Answer<unknown>;
}

export interface DriveOptions {
	/** Id of the old certificate; needed while the order is not issued. */
	certificate?: string;
	/** Default new. */
	key?: KeyChoice;
	keyType?: KeyType;
	/** The hall issues two certificates: renewal.begin then says in importAlgorithms what the key can take. */
	dual?: boolean;
	/** How long to wait for the certificate, ms; default 120000, then hall.pending. */
	patience?: number;
	/** How often an error with retry "later" is tried again; default 2. */
	retries?: number;
	onstep?: (step: {order: string; step: Step}) => void;
}

export type Step = 'inspect' | 'begin' | 'key' | 'wait' | 'install' | 'envelope' | 'receipt' | 'complete' | 'done';

export interface Driven {
	order: string;
	stage: Stage;
	/** Ids of the certificates taken off the key. */
	retired: string[];
}

export interface Drive {
	(order: string, hall: Hall, options?: DriveOptions): Promise<Driven>;
	(order: string, hall: Hall, options: DriveOptions | undefined, callback: Callback<Driven>): void;
	(order: string, hall: Hall, callback: Callback<Driven>): void;
}

type Call<M extends keyof Methods> = {} extends Params<M> ? {
	(callback: Callback<Result<M>>): void;
	(params?: Params<M>): Promise<Result<M>>;
	(params: Params<M> | undefined, callback: Callback<Result<M>>): void;
} : {
	(params: Params<M>): Promise<Result<M>>;
	(params: Params<M>, callback: Callback<Result<M>>): void;
};

/** client.renewal.begin and so on: a function for every method of the contract. */
type Area<A extends string> = {
	[M in keyof Methods as M extends `${A}.${infer Verb}` ? Verb : never]: Call<M>;
};

export class Client {
	constructor(options?: Options);
	/** One of the names of State. */
	readonly state: State['name'];
	/** The answer to agent.hello of the last connection. */
	readonly info: AgentHelloResult | null;
	/** The port of the last connection, 0 before the first. */
	readonly port: number;
	readonly agent: Area<'agent'>;
	readonly environment: Area<'environment'>;
	readonly token: Area<'token'>;
	readonly certificate: Area<'certificate'>;
	readonly pin: Area<'pin'>;
	readonly renewal: Area<'renewal'> & {drive: Drive};
	readonly diagnostics: Area<'diagnostics'>;
	drive: Drive;
	connect(): Promise<Client>;
	connect(callback: Callback<Client>): void;
	/**
	 * Connects by itself once there is an agent, while the page is seen and the browser would not ask. Told by the events open
	 * and state. Ends with the connection, with close() and with the function that it returns.
	 */
	waitForAgent(): () => void;
	close(): void;
	call<M extends keyof Methods>(method: M, params?: Params<M>): Promise<Result<M>>;
	call<M extends keyof Methods>(method: M, params: Params<M> | undefined, callback: Callback<Result<M>>): void;
	on<E extends keyof Events>(event: E, handler: (value: Events[E]) => void): this;
	off<E extends keyof Events>(event: E, handler?: (value: Events[E]) => void): this;
}

export function connect(options?: Options): Promise<Client>;
export function connect(options: Options | undefined, callback: Callback<Client>): void;
export function connect(callback: Callback<Client>): void;
/** Negative, 0 or positive as version a is older, equal or newer than b. */
export function compareVersions(a: string, b: string): number;
/** The text of a state, in the locale. */
export function text(name: StateName | 'connecting' | 'open' | 'closed', locale?: string, data?: object): string;
export const methods: ReadonlyArray<keyof Methods>;
export const states: Readonly<Record<StateName | 'connecting' | 'open' | 'closed', [code: number, retry: string, en: string, zh: string]>>;
export const ports: ReadonlyArray<number>;
export as namespace Keyhall;

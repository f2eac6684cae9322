// What other scripts of a page do to the language: each a text to be run before the SDK is loaded, or after.

// Prototype 1.6.0.3: its toJSON methods, its own versions of what browsers had not, its members of Object and Function.
const prototype16 = `
	function extend(to, from) { for (var name in from) { to[name] = from[name]; } return to; }
	extend(Object, {
		extend: extend,
		inspect: function (object) { return String(object); },
		toJSON: function (object) {
			var results = [], property, value;
			switch (typeof object) { case 'undefined': case 'function': case 'unknown': return undefined; case 'boolean': return object.toString(); }
			if (object === null) { return 'null'; }
			if (object.toJSON) { return object.toJSON(); }
			for (property in object) { value = Object.toJSON(object[property]); if (value !== undefined) { results.push(property.toJSON() + ': ' + value); } }
			return '{' + results.join(', ') + '}';
		},
		keys: function (object) { var keys = []; for (var property in object) { keys.push(property); } return keys; },
		values: function (object) { var values = []; for (var property in object) { values.push(object[property]); } return values; },
		clone: function (object) { return Object.extend({}, object); },
		isArray: function (object) { return object !== null && typeof object === 'object' && 'splice' in object && 'join' in object; }
	});
	extend(Function.prototype, {
		bind: function () {
			if (arguments.length < 2 && arguments[0] === undefined) { return this; }
			var method = this, args = Array.prototype.slice.call(arguments), object = args.shift();
			return function () { return method.apply(object, args.concat(Array.prototype.slice.call(arguments))); };
		},
		wrap: function (wrapper) { var method = this; return function () { return wrapper.apply(this, [method].concat(Array.prototype.slice.call(arguments))); }; }
	});
	extend(String.prototype, {
		gsub: function () { return this; }, strip: function () { return this.replace(/^\\s+/, '').replace(/\\s+$/, ''); },
		inspect: function (two) { return two ? '"' + this.replace(/"/g, '\\\\"') + '"' : "'" + this + "'"; },
		toJSON: function () { return this.inspect(true); },
		startsWith: function (pattern) { return this.indexOf(pattern) === 0; }, empty: function () { return this == ''; }
	});
	extend(Number.prototype, { toJSON: function () { return isFinite(this) ? this.toString() : 'null'; }, succ: function () { return this + 1; } });
	var Enumerable = {
		each: function (iterator) { for (var i = 0; i < this.length; i++) { iterator(this[i], i); } return this; },
		map: function (iterator) { var results = []; this.each(function (value, i) { results.push(iterator(value, i)); }); return results; },
		find: function (iterator) { for (var i = 0; i < this.length; i++) { if (iterator(this[i], i)) { return this[i]; } } },
		inject: function (memo, iterator) { this.each(function (value, i) { memo = iterator(memo, value, i); }); return memo; },
		include: function (object) { return this.indexOf(object) !== -1; }, toArray: function () { return this.map(function (value) { return value; }); }
	};
	extend(Array.prototype, Enumerable);
	extend(Array.prototype, {
		_reverse: Array.prototype.reverse, _each: Enumerable.each,
		clear: function () { this.length = 0; return this; }, first: function () { return this[0]; }, last: function () { return this[this.length - 1]; },
		reduce: function () { return this.length > 1 ? this : this[0]; },
		reverse: function (inline) { return (inline !== false ? this : this.toArray())._reverse(); },
		indexOf: function (item, i) { for (i = i || 0; i < this.length; i++) { if (this[i] === item) { return i; } } return -1; },
		toJSON: function () {
			var results = [];
			this.each(function (object) { var value = Object.toJSON(object); if (value !== undefined) { results.push(value); } });
			return '[' + results.join(', ') + ']';
		}
	});
	Array.from = function (iterable) { return iterable ? Array.prototype.slice.call(iterable) : []; };`;

// Members that every object then seems to have: of old libraries, and named as the SDK's messages and options are.
const objectPrototype = `
	['extend', 'each', 'get', 'set', 'forEach', 'clone', 'merge', 'toJSON', 'inspect'].forEach(function (name) { Object.prototype[name] = function () { return this; }; });
	['id', 'method', 'error', 'result', 'params', 'data', 'name', 'retry', 'left', 'what', 'why', 'socket', 'hello', 'close', 'reason', 'agent', 'token', 'pin',
		'renewal', 'certificate', 'environment', 'diagnostics', 'key', 'keyType', 'dual', 'publicKey', 'encryption', 'envelope', 'installed', 'stage', 'source',
		'ports', 'locale', 'minimum', 'reconnect', 'onstate', 'onstep', 'patience', 'retries', 'tried', 'order', 'A'].forEach(function (name) {
		Object.prototype[name] = name === 'retries' || name === 'patience' ? 0 : 'of the page';
	});`;

// JSON that writes an envelope of its own, and reads dates as Date.
const json = `
	var write = JSON.stringify, read = JSON.parse;
	JSON.stringify = function (value) { return write({ d: value }); };
	JSON.parse = function (text) { return read(text, function (name, value) { return /^\\d{4}-\\d\\d-\\d\\dT/.test(value) ? new Date(value) : value; }); };`;

// No method is left that does what it did.
const everything = `
	[Array.prototype, String.prototype, Number.prototype, Boolean.prototype, RegExp.prototype, Date.prototype, JSON, Function.prototype].forEach(function (object) {
		Object.getOwnPropertyNames(object).forEach(function (name) {
			if (name === 'constructor' || name === 'call' || typeof Object.getOwnPropertyDescriptor(object, name).value !== 'function') { return; }
			gone.push([object, name]);
		});
	});
	for (var i = 0; i < gone.length; i++) { gone[i][0][gone[i][1]] = function () { throw new Error('patched'); }; }`;

// Nothing can be changed any more, and no own member set by assignment that the prototype has.
const frozen = 'Object.prototype.name = \'of the page\'; [Object.prototype, Array.prototype, Error.prototype, Function.prototype, String.prototype].forEach(Object.freeze);';

const patches = { 'Prototype 1.6': prototype16, 'Object.prototype': objectPrototype, 'JSON': json, 'every method': `var gone = []; ${everything}`, 'frozen prototypes': frozen };
export default Object.fromEntries(Object.entries(patches).map(([name, text]) => [name, `(function () { ${text}\n}());`]));

/*
 * The pages' one client of the key agent, over the SDK (/sdk/keyhall.js). Hall.agent.connect(done) makes it with the
 * hall's ports and minimum version; done(error). Listeners (on) outlive connections and return their own removal.
 */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var EVENTS = ['state', 'slow', 'token.changed', 'renewal.progress'];
	var listeners = {};
	var client = null;

	function locale() {
		return Hall.language() === 'en' ? 'en' : 'zh-CN';
	}

	function emit(event, value) {
		(listeners[event] || []).slice().forEach(function (listener) { listener(value); });
	}

	function make() {
		var wanted = Hall.state.hall && Hall.state.hall.agent || {};
		client = new window.Keyhall.Client({ports: wanted.ports, minimum: wanted.minimum, locale: locale()});
		EVENTS.forEach(function (event) {
			client.on(event, function (value) { emit(event, value); });
		});
	}

	Hall.agent = {
		connect: function (done) {
			if (!client) { make(); }
			client.connect(function (error) { done(error || null); });
		},
		/* Until there is one that this page can use: then the state is open, without a question of the browser. */
		wait: function () {
			if (client) { client.waitForAgent(); }
		},
		/* the port at which it was reached, or 0 */
		port: function () { return client && client.port || 0; },
		/* {version, origin, time, features} of the agent, or null */
		info: function () { return client && client.info; },
		call: function (method, params, done) {
			if (!client) { make(); }
			client.call(method, params, done);
		},
		drive: function (order, hall, options, done) {
			if (!client) { make(); }
			client.drive(order, hall, options, done);
		},
		on: function (event, listener) {
			var list = listeners[event] = listeners[event] || [];
			list.push(listener);
			return function () {
				var at = list.indexOf(listener);
				if (at >= 0) { list.splice(at, 1); }
			};
		},
		/* The agent's texts follow its hello: the next connection says the new locale. */
		setLanguage: function () {
			if (client) {
				client.close();
				client = null;
			}
		},
		/* {name, text}: a state of the SDK with its text in the clerk's language */
		stateText: function (name, data) { return window.Keyhall.text(name, locale(), data); }
	};
}());

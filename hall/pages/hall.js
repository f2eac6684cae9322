/*
 * The hall's HTTP client. Hall.api.get(path, done) and Hall.api.post(path, body, done) call done(error, answer);
 * error is {name, code, message, status, data} with a message in the clerk's language.
 */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var TIMEOUT = 30000;
	/* hall/error.h numbers what the hall answers; no answer has the last of them. */
	var UNREACHABLE = 5999;

	function parse(text) {
		try {
			return JSON.parse(text);
		} catch (ignored) {
			return null;
		}
	}

	function messageOf(error) {
		return typeof error.message === 'string' ? error.message : Hall.pick(error.message);
	}

	function unreachable(status) {
		return {name: 'hall.unreachable', code: UNREACHABLE, status: status, message: '', data: {}};
	}

	function errorOf(request, answer) {
		if (!answer || !answer.error) { return unreachable(request.status); }
		return {
			name: answer.error.name,
			code: answer.error.code,
			status: request.status,
			message: messageOf(answer.error),
			data: answer.error
		};
	}

	function send(verb, path, body, done) {
		var request = new XMLHttpRequest();
		request.open(verb, path);
		request.timeout = TIMEOUT;
		request.setRequestHeader('Accept', 'application/json');
		request.onload = function () {
			var answer = parse(request.responseText);
			if (request.status >= 200 && request.status < 300 && answer) {
				done(null, answer);
			} else {
				done(errorOf(request, answer));
			}
		};
		request.onerror = request.ontimeout = function () { done(unreachable(0)); };
		if (body) {
			request.setRequestHeader('Content-Type', 'application/json');
		}
		request.send(body ? JSON.stringify(body) : null);
	}

	function orderPath(id, action) {
		return '/api/orders/' + encodeURIComponent(id) + (action ? '/' + action : '');
	}

	Hall.api = {
		get: function (path, done) { send('GET', path, null, done); },
		post: function (path, body, done) { send('POST', path, body, done); },

		hall: function (done) { send('GET', '/api/hall', null, done); },
		orders: function (done) {
			send('GET', '/api/orders', null, function (error, answer) { done(error, answer && answer.orders); });
		},
		order: function (id, done) {
			send('GET', orderPath(id), null, function (error, answer) { done(error, answer && answer.order); });
		},
		open: function (certificate, done) {
			send('POST', '/api/orders', {certificate: certificate}, function (error, answer) {
				done(error, answer && answer.order);
			});
		},
		/* The order that open would return, or nothing. */
		find: function (certificate, done) {
			send('POST', '/api/orders/find', {certificate: certificate}, function (error, answer) {
				done(error, answer && answer.order);
			});
		},
		/* action: bind, confirm, payment, key, envelope, receipt or cancel */
		act: function (id, action, body, done) {
			send('POST', orderPath(id, action), body, function (error, answer) { done(error, answer && answer.order); });
		}
	};
}());

/* Building and finding elements. Everything is text: no HTML strings, so nothing a key or a server says becomes markup. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};

	function applyAttribute(element, name, value) {
		if (value === null || value === undefined || value === false) { return; }
		if (name === 'text') {
			element.textContent = value;
		} else if (name === 'onclick' || name === 'oninput' || name === 'onsubmit' || name === 'onchange') {
			element.addEventListener(name.slice(2), value);
		} else {
			element.setAttribute(name, value === true ? '' : value);
		}
	}

	/* Hall.h('p.note', {text: …, onclick: …, 'data-test': …}, [children]) */
	Hall.h = function (spec, attributes, children) {
		var parts = spec.split('.');
		var element = document.createElement(parts[0]);
		if (parts.length > 1) { element.className = parts.slice(1).join(' '); }
		Object.keys(attributes || {}).forEach(function (name) {
			applyAttribute(element, name, attributes[name]);
		});
		Hall.append(element, children);
		return element;
	};

	Hall.append = function (element, children) {
		[].concat(children === undefined ? [] : children).forEach(function (child) {
			if (child === null || child === undefined || child === false) { return; }
			element.appendChild(typeof child === 'string' ? document.createTextNode(child) : child);
		});
		return element;
	};

	Hall.clear = function (element) {
		while (element.firstChild) { element.removeChild(element.firstChild); }
		return element;
	};

	Hall.fill = function (element, children) {
		return Hall.append(Hall.clear(element), children);
	};

	Hall.byId = function (id) {
		return document.getElementById(id);
	};

	/* kind: primary, plain or quiet */
	Hall.button = function (kind, text, test, action) {
		return Hall.h('button.button.button-' + kind, {type: 'button', text: text, 'data-test': test, onclick: action});
	};

	/* pairs: [[term, description], …]; a description may be an element */
	Hall.details = function (pairs) {
		var list = Hall.h('dl.details');
		pairs.forEach(function (pair) {
			if (!pair || !pair[1]) { return; }
			Hall.append(list, Hall.h('div', {}, [Hall.h('dt', {text: pair[0]}), Hall.h('dd', {}, [pair[1]])]));
		});
		return list;
	};

	/* kind: info, good, warn or bad; content: {title, text, hint, test, actions: [buttons]} */
	Hall.notice = function (kind, content) {
		return Hall.h('div.notice.notice-' + kind, {
			role: kind === 'bad' || kind === 'warn' ? 'alert' : 'status',
			'data-test': content.test,
			'data-error': content.name
		}, [
			content.title && Hall.h('p.notice-title', {text: content.title}),
			content.text && Hall.h('p', {text: content.text}),
			content.hint && Hall.h('p', {text: content.hint}),
			content.detail && Hall.h('p.notice-detail', {text: content.detail}),
			content.actions && content.actions.length > 0 && Hall.h('div.actions', {}, content.actions)
		]);
	};

	Hall.spinner = function (text, test) {
		return Hall.h('p.waiting', {role: 'status', 'data-test': test}, [
			Hall.h('span.spinner', {'aria-hidden': 'true'}), Hall.h('span', {text: text})
		]);
	};
}());

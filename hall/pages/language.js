/* Which language the clerk reads, remembered by the browser; texts by name from texts.js. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var STORE = 'hall.language';
	var listeners = [];
	var current = recall();

	function recall() {
		try {
			if (window.localStorage.getItem(STORE) === 'en') { return 'en'; }
		} catch (ignored) { /* a browser that stores nothing still reads Chinese */ }
		return 'zh';
	}

	function remember(language) {
		try {
			window.localStorage.setItem(STORE, language);
		} catch (ignored) { /* the choice then lasts for this page */ }
	}

	/* The text of this name with {fields} filled in; the name itself where the table lacks it. */
	Hall.t = function (name, fields) {
		var row = Hall.texts[name];
		var text = row ? row[current === 'en' ? 1 : 0] : name;
		return text.replace(/\{(\w+)\}/g, function (whole, field) {
			return fields && fields[field] !== undefined ? String(fields[field]) : whole;
		});
	};

	Hall.hasText = function (name) {
		return Object.prototype.hasOwnProperty.call(Hall.texts, name);
	};

	Hall.language = function () {
		return current;
	};

	/* One side of a {zh, en} pair that came from the server. */
	Hall.pick = function (pair) {
		return pair ? pair[current] || pair.zh || pair.en || '' : '';
	};

	Hall.onLanguage = function (listener) {
		listeners.push(listener);
	};

	function translateAttribute(root, marker, attribute) {
		Array.prototype.forEach.call(root.querySelectorAll('[' + marker + ']'), function (element) {
			element.setAttribute(attribute, Hall.t(element.getAttribute(marker)));
		});
	}

	/* Fills every element that names its text in data-text (or data-label for aria-label). */
	Hall.translate = function (root) {
		Array.prototype.forEach.call(root.querySelectorAll('[data-text]'), function (element) {
			element.textContent = Hall.t(element.getAttribute('data-text'));
		});
		translateAttribute(root, 'data-label', 'aria-label');
	};

	function applyToPage() {
		var title = document.documentElement.getAttribute('data-title');
		document.documentElement.lang = current === 'en' ? 'en' : 'zh-CN';
		if (title) { document.title = Hall.t(title); }
		Hall.translate(document);
		Array.prototype.forEach.call(document.querySelectorAll('[data-language]'), function (button) {
			button.setAttribute('aria-pressed', String(button.getAttribute('data-language') === current));
		});
	}

	Hall.setLanguage = function (language) {
		if (language === current) { return; }
		current = language;
		remember(language);
		applyToPage();
		listeners.forEach(function (listener) { listener(language); });
	};

	document.addEventListener('DOMContentLoaded', function () {
		applyToPage();
		Array.prototype.forEach.call(document.querySelectorAll('[data-language]'), function (button) {
			button.addEventListener('click', function () {
				Hall.setLanguage(button.getAttribute('data-language'));
			});
		});
	});
}());

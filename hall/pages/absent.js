/* What is shown at an address that the hall does not have. */
(function () {
	'use strict';

	document.addEventListener('DOMContentLoaded', function () {
		window.Hall.loadHall(function () {});
	});
}());

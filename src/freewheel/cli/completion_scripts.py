"""Scripts that make a shell complete words: each asks freewheel, and offers what it answers."""

from __future__ import annotations

from collections.abc import Mapping

_BASH = r"""
_freewheel_completion()
{
    local word IFS=$'\n'
    COMPREPLY=()
    while IFS= read -r word; do
        printf -v word '%q' "$word"
        COMPREPLY+=("$word")
    done < <( COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD FREEWHEEL_AUTO_COMPLETE=1 "$1" 2>/dev/null )
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/.] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _freewheel_completion freewheel
"""

_ZSH = r"""
#compdef freewheel
_freewheel_completion() {
  local -a found
  local answer
  answer=$(COMP_WORDS="${(pj:\n:)words}" COMP_CWORD=$((CURRENT-1)) FREEWHEEL_AUTO_COMPLETE=1 $words[1] 2>/dev/null)
  found=(${(f)answer})
  if (( $#found )); then
    compadd -S '' -- ${(M)found:#*[=/.]}
    compadd -- ${found:#*[=/.]}
  else
    _files
  fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _freewheel_completion "$@"
else
  compdef _freewheel_completion freewheel
fi
"""

_FISH = r"""
function __freewheel_completion
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -a words (commandline --current-token --cut-at-cursor)
    set -lx COMP_CWORD (math (count $words) - 1)
    set -lx COMP_WORDS (string join \n -- $words | string collect --no-trim-newlines)
    set -lx FREEWHEEL_AUTO_COMPLETE 1
    command $words[1] 2>/dev/null
end
complete --command freewheel --no-files --arguments '(__freewheel_completion)'
"""

_POWERSHELL = r"""
Register-ArgumentCompleter -Native -CommandName freewheel -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { $_.ToString() })
    if ($wordToComplete -eq '') { $words += '' }
    $Env:COMP_WORDS = ($words -join "`n") + $(if ($words.Count -eq 1) { "`n" } else { '' })
    $Env:COMP_CWORD = $words.Count - 1
    $Env:FREEWHEEL_AUTO_COMPLETE = 1
    try {
        & $words[0] | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
        }
    } finally {
        Remove-Item Env:COMP_WORDS, Env:COMP_CWORD, Env:FREEWHEEL_AUTO_COMPLETE
    }
}
"""

SCRIPTS: Mapping[str, str] = {"bash": _BASH, "fish": _FISH, "powershell": _POWERSHELL, "zsh": _ZSH}
"""Each shell's script, by the name of its option."""


def script(shell: str) -> str:
    """The script for a shell, between the lines that show where it begins and ends in a start-up file."""
    return f"\n# freewheel {shell} completion start{SCRIPTS[shell]}# freewheel {shell} completion end"

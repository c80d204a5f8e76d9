;;; Opens the sample dump and debugs the sample kernel in Emacs dap-mode. -*- lexical-binding: t -*-
;;
;;     emacs --batch -l tests/editors/dap_mode.el dump|live
;;
;; The configuration is samples/editors/dap-mode.el, with kdap in the PATH; for live, KD_CONNECTION takes the place of
;; the connection. Each check is a line; exit status 0: all hold.

(require 'cl-lib)
(package-initialize)

(defconst editors-root
  (directory-file-name (expand-file-name "../.." (file-name-directory (or load-file-name buffer-file-name)))))

(load (expand-file-name "samples/editors/dap-mode.el" editors-root) nil t)

(defconst editors-time-limit 20 "Seconds that one step may take.")
(defvar editors-failed nil)

(defun editors-path (path)
  "PATH in the repository, absolute."
  (expand-file-name path editors-root))

(defun editors-check (what holds &optional found)
  "Print a line for the check WHAT, which HOLDS or not; FOUND is printed if it doesn't."
  (message "%s dap-mode: %s%s" (if holds "ok  " "FAIL") what (if holds "" (format "; found %S" found)))
  (unless holds (setq editors-failed t)))

(defun editors-wait (condition)
  "Wait until the function CONDITION returns something, and return it; nil after the time limit."
  (let ((deadline (+ (float-time) editors-time-limit))
        result)
    (while (and (not (setq result (funcall condition))) (< (float-time) deadline))
      (accept-process-output nil 0.02))
    result))

(defun editors-session () (dap--cur-session))

(defun editors-frame () (dap--debug-session-active-frame (editors-session)))

(defun editors-frames ()
  "The stack of the selected thread, as dap-mode keeps it."
  (gethash (dap--debug-session-thread-id (editors-session))
           (dap--debug-session-thread-stack-frames (editors-session))))

(defun editors-function (frame)
  "The function's name of FRAME, without the displacement and what else stands behind it."
  (replace-regexp-in-string "\\+0x.*" "" (gethash "name" frame)))

(defun editors-wait-for-stop (previous)
  "Wait until a frame other than PREVIOUS is selected."
  (editors-wait (lambda () (let ((frame (editors-frame))) (and frame (not (eq frame previous)) frame)))))

(defun editors-debug (template &rest overrides)
  "Start what M-x dap-debug starts when TEMPLATE is chosen, with OVERRIDES, and wait for the first stop."
  (let ((configuration (copy-tree (cdr (assoc template dap-debug-template-configurations)))))
    (while overrides
      (setq configuration (plist-put configuration (pop overrides) (pop overrides))))
    (dap-debug configuration)
    (editors-wait-for-stop nil)))

(defun editors-select (function)
  "Select the frame of FUNCTION."
  (let ((frame (cl-find function (editors-frames) :key #'editors-function :test #'equal)))
    (when frame (dap--go-to-stack-frame (editors-session) frame))
    frame))

(defun editors-locals ()
  "What dap-mode's window of locals shows."
  (dap-ui-locals--refresh)
  (with-current-buffer dap-ui--locals-buffer (buffer-substring-no-properties (point-min) (point-max))))

(defun editors-repl (input pattern)
  "Enter INPUT in dap-mode's REPL and check that what follows matches PATTERN."
  (save-window-excursion
    (dap-ui-repl)
    (with-current-buffer dap-ui--repl-buffer
      (goto-char (point-max))
      (let ((start (point)))
        (insert input)
        (comint-send-input)
        (let ((shown (lambda () (buffer-substring-no-properties (+ start (length input)) (point-max)))))
          (editors-check (format "%s in the REPL" input)
                         (editors-wait (lambda () (string-match-p pattern (funcall shown))))
                         (funcall shown)))))))

(defun editors-disconnect ()
  "Disconnect, and check that the session and its kdap end."
  (let ((session (editors-session)))
    (dap-disconnect session)
    (editors-check "disconnects, and kdap ends"
                   (editors-wait (lambda () (and (eq (dap--debug-session-state session) 'terminated)
                                                 (not (process-live-p (dap--debug-session-proc session))))))
                   (dap--debug-session-state session))))

(defun editors-evaluate (expression)
  "What EXPRESSION is worth in the selected frame, as a number."
  (string-to-number (gethash "result" (dap-request (editors-session) "evaluate" :expression expression
                                                   :frameId (gethash "id" (editors-frame)) :context "watch"))))

(defun editors-continue ()
  "Go on, and wait for the next stop."
  (let ((before (editors-frame)))
    (dap-continue (editors-session) (dap--debug-session-thread-id (editors-session)))
    (editors-wait-for-stop before)))

(defun editors-next ()
  "Step over a line, and wait for the stop behind it."
  (let ((before (editors-frame)))
    (dap-next (editors-session))
    (editors-wait-for-stop before)))

(defun editors-expected-stack ()
  "The functions of the sample dump's stack by what made the dump, innermost first."
  (let ((json-object-type 'hash-table) (json-array-type 'list))
    (mapcar (lambda (frame) (gethash "function" frame))
            (gethash "stack" (json-read-file (editors-path "samples/crash/O2.expected.json"))))))

(defun editors-dump ()
  (find-file (editors-path "samples/driver/crash.c"))
  (editors-debug "Crash dump")
  (let ((expected (editors-expected-stack))
        (found (mapcar #'editors-function (editors-frames))))
    (editors-check "the sample dump's stack" (and expected (equal found expected)) found))
  (editors-select "sampledrv!SlotStore")
  (editors-check "the faulting line is shown"
                 (equal (list buffer-file-name (line-number-at-pos)) (list (editors-path "samples/driver/slot.h") 10))
                 (list buffer-file-name (line-number-at-pos)))
  (let ((locals (editors-locals)))
    (editors-check "its locals"
                   (and (string-match-p "^ *Slot: 0x[0`]+$" locals)
                        (string-match-p (format "^ *mixed: %d$" #x5240b001) locals))
                   locals))
  (editors-select "sampledrv!SampleStart")
  (let ((locals (editors-locals)))
    (editors-check "a caller's locals" (string-match-p (format "^ *total: %d$" #x3030303) locals) locals))
  (editors-repl "!analyze -v" "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED (7e)")
  (editors-repl "k" "sampledrv!SampleStore\\+0x4d")
  (editors-repl "no such command" "no such command")
  (editors-disconnect))

(defun editors-attach ()
  "Attach to the live kernel, have kdap say something, and wait for the first stop."
  (editors-debug "Live kernel" :connection (getenv "KD_CONNECTION") :initCommands ["? 2*0n21"]))

(defun editors-live ()
  (find-file (editors-path "samples/livedrv/work.c"))
  (re-search-forward "^    for (ULONG index = 0; index < Request->Length")
  (dap-breakpoint-add)
  (let ((line (line-number-at-pos))
        ticks)
    (editors-check "attaches and stops" (editors-attach))
    (let ((said (with-current-buffer (dap--debug-session-output-buffer (editors-session)) (buffer-string))))
      (editors-check "shows what kdap says" (string-match-p "^Evaluate expression: 42 = " said) said))
    (editors-continue)
    (editors-check "hits the breakpoint in the driver's source"
                   (and (equal (editors-function (editors-frame)) "livedrv!LiveHandleRequest")
                        (equal buffer-file-name (editors-path "samples/livedrv/work.c"))
                        (equal (line-number-at-pos) line))
                   (list (editors-frame) buffer-file-name (line-number-at-pos)))
    (editors-check "its stack" (member "livedrv!LiveWorkLoop" (mapcar #'editors-function (editors-frames)))
                   (editors-frames))
    (let ((locals (editors-locals)))
      (editors-check "its locals" (string-match-p "^ *result: 0$" locals) locals))
    (editors-next)
    (editors-check "steps over a line"
                   (and (equal (editors-function (editors-frame)) "livedrv!LiveHandleRequest")
                        (> (line-number-at-pos) line))
                   (list (editors-frame) (line-number-at-pos)))
    (editors-repl "dv" "Round = ")
    (editors-continue)
    (editors-check "continues to the next hit" (equal (line-number-at-pos) line) (editors-frame))
    (setq ticks (editors-evaluate "livedrv!LiveTicks"))
    (editors-disconnect)
    (sleep-for 1)
    (editors-attach)
    (editors-check "the target ran on after disconnect: 8 ticks or more in a second"
                   (>= (editors-evaluate "livedrv!LiveTicks") (+ ticks 8))
                   (list ticks (editors-evaluate "livedrv!LiveTicks")))
    (editors-disconnect)))

(setq dap-auto-show-output nil)
(dap-mode 1)
(dap-ui-mode 1)
(lsp-workspace-folders-add editors-root)
(pcase (pop command-line-args-left)
  ("dump" (editors-dump))
  ("live" (editors-live))
  (mode (error "dump or live, not %S" mode)))
(kill-emacs (if editors-failed 1 0))

<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
    <context>
        <name>About</name>
        <message>
            <source>About cuelock</source>
            <translation>Über cuelock</translation>
        </message>
        <message>
            <source>Foley for silent picture, on the frame.</source>
            <translation>Geräusche für stummes Bild, auf das Bild genau.</translation>
        </message>
        <message>
            <source>cuelock itself is under the Apache License 2.0. PyQt6 is under the GPL version 3, so the panel together with it is too. Its parts:</source>
            <translation>cuelock selbst steht unter der Apache-Lizenz 2.0. PyQt6 steht unter der GPL Version 3, das Fenster zusammen mit ihm also auch. Seine Teile:</translation>
        </message>
    </context>
    <context>
        <name>BatchDock</name>
        <message>
            <source>Range</source>
            <translation>Abschnitt</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Stand</translation>
        </message>
        <message>
            <source>Layers</source>
            <translation>Ebenen</translation>
        </message>
        <message>
            <source>Times, in and out on a line</source>
            <translation>Zeiten, Ein und Aus in einer Zeile</translation>
        </message>
        <message>
            <source>Add these ranges</source>
            <translation>Diese Abschnitte dazu</translation>
        </message>
        <message>
            <source>Render all</source>
            <translation>Alle rendern</translation>
        </message>
        <message>
            <source>Cancel all</source>
            <translation>Alle abbrechen</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>The chosen ranges wait again</source>
            <translation>Die gewählten Abschnitte warten wieder</translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>Entfernen</translation>
        </message>
        <message>
            <source>The chosen ranges leave it; takes stay (Del)</source>
            <translation>Die gewählten Abschnitte verlassen ihn; Takes bleiben (Entf)</translation>
        </message>
        <message>
            <source>Progress of the batch</source>
            <translation>Fortschritt des Stapels</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>Stapel</translation>
        </message>
        <message>
            <source>Add</source>
            <translation>Dazu</translation>
        </message>
        <message>
            <source>The region</source>
            <translation>Den Bereich</translation>
        </message>
        <message>
            <source>Every shot of it</source>
            <translation>Jede Einstellung darin</translation>
        </message>
        <message>
            <source>Around every event in it</source>
            <translation>Um jedes Ereignis darin</translation>
        </message>
        <message>
            <source>A list of times…</source>
            <translation>Eine Liste von Zeiten …</translation>
        </message>
        <message>
            <source>failed: {why}</source>
            <translation>gescheitert: {why}</translation>
        </message>
        <message>
            <source>waits</source>
            <translation>wartet</translation>
        </message>
        <message>
            <source>asked for</source>
            <translation>angefordert</translation>
        </message>
        <message>
            <source>done</source>
            <translation>fertig</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>gescheitert</translation>
        </message>
        <message>
            <source>{n} of {all} done</source>
            <translation>{n} von {all} fertig</translation>
        </message>
        <message>
            <source>{n} s left</source>
            <translation>noch {n} s</translation>
        </message>
        <message>
            <source>{n} min left</source>
            <translation>noch {n} min</translation>
        </message>
    </context>
    <context>
        <name>BatchLane</name>
        <message>
            <source>Batch</source>
            <translation>Stapel</translation>
        </message>
    </context>
    <context>
        <name>Batching</name>
        <message>
            <source>No cuts and events are known.</source>
            <translation>Schnitte und Ereignisse sind keine bekannt.</translation>
        </message>
        <message>
            <source>Spot them first (Ctrl+T).</source>
            <translation>Zuerst suchen (Strg+T).</translation>
        </message>
    </context>
    <context>
        <name>Carrier</name>
        <message>
            <source>sending</source>
            <translation>sendet</translation>
        </message>
        <message>
            <source>fetching</source>
            <translation>holt</translation>
        </message>
    </context>
    <context>
        <name>ClipLife</name>
        <message>
            <source>Open clip</source>
            <translation>Clip öffnen</translation>
        </message>
    </context>
    <context>
        <name>CuesDock</name>
        <message>
            <source>Cue</source>
            <translation>Cue</translation>
        </message>
        <message>
            <source>Timecode</source>
            <translation>Timecode</translation>
        </message>
        <message>
            <source>Sure</source>
            <translation>Sicher</translation>
        </message>
        <message>
            <source>Cues</source>
            <translation>Cues</translation>
        </message>
        <message>
            <source>Nothing is spotted yet.</source>
            <translation>Noch ist nichts gefunden.</translation>
        </message>
        <message>
            <source>Spot</source>
            <translation>Suchen</translation>
        </message>
        <message>
            <source>Look for events and cuts in the picture</source>
            <translation>Ereignisse und Schnitte im Bild suchen</translation>
        </message>
        <message>
            <source>Region from it</source>
            <translation>Bereich daraus</translation>
        </message>
        <message>
            <source>Select where this event sounds (Enter)</source>
            <translation>Auswählen, wo dieses Ereignis klingt (Eingabe)</translation>
        </message>
    </context>
    <context>
        <name>CurveLane</name>
        <message>
            <source>energy locked</source>
            <translation>Energie gesperrt</translation>
        </message>
        <message>
            <source>spread locked</source>
            <translation>Streuung gesperrt</translation>
        </message>
        <message>
            <source>semantic locked</source>
            <translation>Semantik gesperrt</translation>
        </message>
        <message>
            <source>energy</source>
            <translation>Energie</translation>
        </message>
        <message>
            <source>spread</source>
            <translation>Streuung</translation>
        </message>
        <message>
            <source>semantic</source>
            <translation>Semantik</translation>
        </message>
        <message>
            <source>predicted</source>
            <translation>vorhergesagt</translation>
        </message>
        <message>
            <source>wanted</source>
            <translation>gewünscht</translation>
        </message>
        <message>
            <source>delivered</source>
            <translation>geliefert</translation>
        </message>
    </context>
    <context>
        <name>Desk</name>
        <message>
            <source>Choose take</source>
            <translation>Take wählen</translation>
        </message>
        <message>
            <source>Hear take</source>
            <translation>Take hören</translation>
        </message>
        <message>
            <source>Edit curve</source>
            <translation>Kurve bearbeiten</translation>
        </message>
        <message>
            <source>Forget edits</source>
            <translation>Änderungen verwerfen</translation>
        </message>
        <message>
            <source>New take</source>
            <translation>Neuer Take</translation>
        </message>
    </context>
    <context>
        <name>EngineDialog</name>
        <message>
            <source>&amp;Address</source>
            <translation>&amp;Adresse</translation>
        </message>
        <message>
            <source>&amp;Name</source>
            <translation>&amp;Name</translation>
        </message>
        <message>
            <source>Give there</source>
            <translation>Dort eingeben</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Kopieren</translation>
        </message>
        <message>
            <source>Engine</source>
            <translation>Engine</translation>
        </message>
        <message>
            <source>Forget it</source>
            <translation>Vergessen</translation>
        </message>
        <message>
            <source>From a file…</source>
            <translation>Aus einer Datei…</translation>
        </message>
        <message>
            <source>The command that lets this panel in, with its key</source>
            <translation>Der Befehl, der dieses Panel einlässt, mit seinem Schlüssel</translation>
        </message>
        <message>
            <source>The engine of this machine is used.</source>
            <translation>Die Engine dieses Rechners wird benutzt.</translation>
        </message>
        <message>
            <source>The engine {name} is used: clips go there, stems come here. Its takes are its own: forget it, and this machine's are shown.</source>
            <translation>Die Engine {name} wird benutzt: Clips gehen dorthin, Stems kommen hierher. Ihre Takes sind ihre eigenen: Wird sie vergessen, erscheinen die dieses Rechners.</translation>
        </message>
        <message>
            <source>The engine's address</source>
            <translation>Die Adresse der Engine</translation>
        </message>
        <message>
            <source>Use it</source>
            <translation>Benutzen</translation>
        </message>
        <message>
            <source>What `cuelock engine address` prints there</source>
            <translation>Was `cuelock engine address` dort ausgibt</translation>
        </message>
        <message>
            <source>What the engine is called here</source>
            <translation>Wie die Engine hier heißt</translation>
        </message>
    </context>
    <context>
        <name>EngineLink</name>
        <message>
            <source>The engine {name} does not answer.</source>
            <translation>Die Engine {name} antwortet nicht.</translation>
        </message>
        <message>
            <source>See there that it runs (`cuelock engine status`), and here that its address is right: File, Engine.</source>
            <translation>Dort nachsehen, ob sie läuft (`cuelock engine status`), und hier, ob ihre Adresse stimmt: Datei, Engine.</translation>
        </message>
        <message>
            <source>The engine {name} does not know this panel's key.</source>
            <translation>Die Engine {name} kennt den Schlüssel dieses Panels nicht.</translation>
        </message>
        <message>
            <source>Give there the command that File, Engine shows.</source>
            <translation>Dort den Befehl eingeben, den Datei, Engine zeigt.</translation>
        </message>
    </context>
    <context>
        <name>Exports</name>
        <message>
            <source>Export the take to</source>
            <translation>Take exportieren nach</translation>
        </message>
        <message>
            <source>{n} files written to {folder}</source>
            <translation>{n} Dateien nach {folder} geschrieben</translation>
        </message>
        <message>
            <source>{name} is there already. Replace it?</source>
            <translation>{name} gibt es schon. Ersetzen?</translation>
        </message>
        <message>
            <source>Export as a timeline</source>
            <translation>Als Timeline exportieren</translation>
        </message>
        <message>
            <source>Written: {path}</source>
            <translation>Geschrieben: {path}</translation>
        </message>
    </context>
    <context>
        <name>FocusLayer</name>
        <message>
            <source>Focus box</source>
            <translation>Fokusrahmen</translation>
        </message>
    </context>
    <context>
        <name>GuideDock</name>
        <message>
            <source>Listen</source>
            <translation>Hören</translation>
        </message>
        <message>
            <source>See the level without recording</source>
            <translation>Den Pegel sehen, ohne aufzunehmen</translation>
        </message>
        <message>
            <source>Count in</source>
            <translation>Einzählen</translation>
        </message>
        <message>
            <source>Measure</source>
            <translation>Messen</translation>
        </message>
        <message>
            <source>Hold the microphone to the loudspeaker, or tap along with the clicks</source>
            <translation>Das Mikrofon an den Lautsprecher halten oder mit den Klicks klopfen</translation>
        </message>
        <message>
            <source>Record</source>
            <translation>Aufnehmen</translation>
        </message>
        <message>
            <source>Hear</source>
            <translation>Anhören</translation>
        </message>
        <message>
            <source>Lead the layer</source>
            <translation>Ebene führen</translation>
        </message>
        <message>
            <source>The layer follows its loudness and colour</source>
            <translation>Die Ebene folgt seiner Lautstärke und Farbe</translation>
        </message>
        <message>
            <source>Drop</source>
            <translation>Verwerfen</translation>
        </message>
        <message>
            <source>Microphone</source>
            <translation>Mikrofon</translation>
        </message>
        <message>
            <source>Picture before the range</source>
            <translation>Bild vor dem Abschnitt</translation>
        </message>
        <message>
            <source>Latency</source>
            <translation>Latenz</translation>
        </message>
        <message>
            <source>Tries</source>
            <translation>Versuche</translation>
        </message>
        <message>
            <source>Level</source>
            <translation>Pegel</translation>
        </message>
        <message>
            <source>Before it</source>
            <translation>Davor</translation>
        </message>
        <message>
            <source>The system's choice</source>
            <translation>Wie das System</translation>
        </message>
        <message>
            <source>{name} (away)</source>
            <translation>{name} (nicht da)</translation>
        </message>
        <message>
            <source>End</source>
            <translation>Beenden</translation>
        </message>
        <message>
            <source>not measured</source>
            <translation>nicht gemessen</translation>
        </message>
        <message>
            <source>{n} ms</source>
            <translation>{n} ms</translation>
        </message>
    </context>
    <context>
        <name>JobLine</name>
        <message>
            <source>Render</source>
            <translation>Rendern</translation>
        </message>
        <message>
            <source>Regenerate</source>
            <translation>Neu erzeugen</translation>
        </message>
        <message>
            <source>Comp</source>
            <translation>Comp</translation>
        </message>
        <message>
            <source>Recut</source>
            <translation>Umschnitt</translation>
        </message>
        <message>
            <source>{kind}: waits</source>
            <translation>{kind}: wartet</translation>
        </message>
        <message>
            <source>Progress of {kind}</source>
            <translation>Fortschritt: {kind}</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>{n} s</source>
            <translation>{n} s</translation>
        </message>
    </context>
    <context>
        <name>JobsBar</name>
        <message>
            <source>Jobs</source>
            <translation>Aufträge</translation>
        </message>
    </context>
    <context>
        <name>Keys</name>
        <message>
            <source>File</source>
            <translation>Datei</translation>
        </message>
        <message>
            <source>Open clip…</source>
            <translation>Clip öffnen …</translation>
        </message>
        <message>
            <source>Open the example clip</source>
            <translation>Beispielclip öffnen</translation>
        </message>
        <message>
            <source>Export as a timeline…</source>
            <translation>Als Timeline exportieren …</translation>
        </message>
        <message>
            <source>Settings…</source>
            <translation>Einstellungen …</translation>
        </message>
        <message>
            <source>Engine…</source>
            <translation>Engine…</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Beenden</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>Bearbeiten</translation>
        </message>
        <message>
            <source>Undo</source>
            <translation>Rückgängig</translation>
        </message>
        <message>
            <source>Redo</source>
            <translation>Wiederholen</translation>
        </message>
        <message>
            <source>Forget edits</source>
            <translation>Änderungen verwerfen</translation>
        </message>
        <message>
            <source>Draw the energy</source>
            <translation>Energie zeichnen</translation>
        </message>
        <message>
            <source>Smooth the energy, keep onsets</source>
            <translation>Energie glätten, Einsätze behalten</translation>
        </message>
        <message>
            <source>Stretch the curves by a tenth</source>
            <translation>Kurven um ein Zehntel dehnen</translation>
        </message>
        <message>
            <source>Shrink the curves by a tenth</source>
            <translation>Kurven um ein Zehntel stauchen</translation>
        </message>
        <message>
            <source>Curves from a recording…</source>
            <translation>Kurven aus einer Aufnahme …</translation>
        </message>
        <message>
            <source>Add a layer</source>
            <translation>Ebene hinzufügen</translation>
        </message>
        <message>
            <source>Play</source>
            <translation>Abspielen</translation>
        </message>
        <message>
            <source>Play or stop</source>
            <translation>Abspielen oder anhalten</translation>
        </message>
        <message>
            <source>Backwards, faster</source>
            <translation>Rückwärts, schneller</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>Anhalten</translation>
        </message>
        <message>
            <source>Forwards, faster</source>
            <translation>Vorwärts, schneller</translation>
        </message>
        <message>
            <source>Next frame</source>
            <translation>Nächstes Bild</translation>
        </message>
        <message>
            <source>Frame before</source>
            <translation>Bild davor</translation>
        </message>
        <message>
            <source>Ten frames on</source>
            <translation>Zehn Bilder weiter</translation>
        </message>
        <message>
            <source>Ten frames back</source>
            <translation>Zehn Bilder zurück</translation>
        </message>
        <message>
            <source>To the start</source>
            <translation>Zum Anfang</translation>
        </message>
        <message>
            <source>To the end</source>
            <translation>Zum Ende</translation>
        </message>
        <message>
            <source>Spot events and cuts</source>
            <translation>Ereignisse und Schnitte suchen</translation>
        </message>
        <message>
            <source>View</source>
            <translation>Ansicht</translation>
        </message>
        <message>
            <source>Fit everything</source>
            <translation>Alles einpassen</translation>
        </message>
        <message>
            <source>Fit the region</source>
            <translation>Bereich einpassen</translation>
        </message>
        <message>
            <source>Keys…</source>
            <translation>Tasten …</translation>
        </message>
        <message>
            <source>First steps</source>
            <translation>Erste Schritte</translation>
        </message>
        <message>
            <source>About cuelock</source>
            <translation>Über cuelock</translation>
        </message>
        <message>
            <source>Sound</source>
            <translation>Klang</translation>
        </message>
        <message>
            <source>Regenerate the region</source>
            <translation>Bereich neu erzeugen</translation>
        </message>
        <message>
            <source>Cancel the newest job</source>
            <translation>Neuesten Auftrag abbrechen</translation>
        </message>
        <message>
            <source>Hear the take before (A/B)</source>
            <translation>Take davor hören (A/B)</translation>
        </message>
        <message>
            <source>Star the take</source>
            <translation>Take mit Stern</translation>
        </message>
        <message>
            <source>Mute the layer</source>
            <translation>Ebene stumm</translation>
        </message>
        <message>
            <source>Solo the layer</source>
            <translation>Ebene solo</translation>
        </message>
        <message>
            <source>Loop the region</source>
            <translation>Bereich wiederholen</translation>
        </message>
        <message>
            <source>Region</source>
            <translation>Bereich</translation>
        </message>
        <message>
            <source>In: the region from the playhead on</source>
            <translation>In: der Bereich ab der Abspielposition</translation>
        </message>
        <message>
            <source>Out: the region to the playhead</source>
            <translation>Out: der Bereich bis zur Abspielposition</translation>
        </message>
        <message>
            <source>The shot under the playhead</source>
            <translation>Die Einstellung an der Abspielposition</translation>
        </message>
        <message>
            <source>The whole clip</source>
            <translation>Der ganze Clip</translation>
        </message>
        <message>
            <source>No region</source>
            <translation>Kein Bereich</translation>
        </message>
        <message>
            <source>The region before again</source>
            <translation>Den letzten Bereich wieder</translation>
        </message>
        <message>
            <source>In a frame earlier</source>
            <translation>In ein Bild früher</translation>
        </message>
        <message>
            <source>In a frame later</source>
            <translation>In ein Bild später</translation>
        </message>
        <message>
            <source>Out a frame earlier</source>
            <translation>Out ein Bild früher</translation>
        </message>
        <message>
            <source>Out a frame later</source>
            <translation>Out ein Bild später</translation>
        </message>
        <message>
            <source>To the region's start</source>
            <translation>Zum Anfang des Bereichs</translation>
        </message>
        <message>
            <source>To the region's end</source>
            <translation>Zum Ende des Bereichs</translation>
        </message>
        <message>
            <source>Render the region, or the whole clip</source>
            <translation>Bereich oder ganzen Clip rendern</translation>
        </message>
        <message>
            <source>Compare at the same loudness</source>
            <translation>Gleich laut vergleichen</translation>
        </message>
        <message>
            <source>To the next cue</source>
            <translation>Zum nächsten Cue</translation>
        </message>
        <message>
            <source>To the cue before</source>
            <translation>Zum Cue davor</translation>
        </message>
        <message>
            <source>Export the take's files</source>
            <translation>Dateien des Takes exportieren</translation>
        </message>
        <message>
            <source>Export the take's files to…</source>
            <translation>Dateien des Takes exportieren nach…</translation>
        </message>
        <message>
            <source>In every lane</source>
            <translation>In jeder Spur</translation>
        </message>
        <message>
            <source>Zoom in and out at the playhead</source>
            <translation>An der Abspielposition vergrößern, verkleinern</translation>
        </message>
        <message>
            <source>A page earlier, later</source>
            <translation>Eine Seite früher, später</translation>
        </message>
        <message>
            <source>To the onset after, before</source>
            <translation>Zum nächsten, vorigen Einsatz</translation>
        </message>
        <message>
            <source>To the lane above, below</source>
            <translation>Zur Spur darüber, darunter</translation>
        </message>
        <message>
            <source>In the curves</source>
            <translation>In den Kurven</translation>
        </message>
        <message>
            <source>A frame earlier, later</source>
            <translation>Ein Bild früher, später</translation>
        </message>
        <message>
            <source>Ten frames earlier, later</source>
            <translation>Zehn Bilder früher, später</translation>
        </message>
        <message>
            <source>Louder, softer by 1 dB</source>
            <translation>Um 1 dB lauter, leiser</translation>
        </message>
        <message>
            <source>A breakpoint at the playhead</source>
            <translation>Ein Punkt an der Abspielposition</translation>
        </message>
        <message>
            <source>Move the breakpoint</source>
            <translation>Den Punkt bewegen</translation>
        </message>
        <message>
            <source>Take the breakpoint away</source>
            <translation>Den Punkt wegnehmen</translation>
        </message>
        <message>
            <source>In a take's lane</source>
            <translation>In der Spur eines Takes</translation>
        </message>
        <message>
            <source>Hear this take</source>
            <translation>Diesen Take hören</translation>
        </message>
        <message>
            <source>Place in a host…</source>
            <translation>In einem Programm einsetzen …</translation>
        </message>
        <message>
            <source>Record a guide, or end it</source>
            <translation>Führung aufnehmen oder beenden</translation>
        </message>
        <message>
            <source>Add the region to the batch</source>
            <translation>Bereich in den Stapel</translation>
        </message>
        <message>
            <source>Render the batch</source>
            <translation>Stapel rendern</translation>
        </message>
    </context>
    <context>
        <name>KeysSheet</name>
        <message>
            <source>Keys</source>
            <translation>Tasten</translation>
        </message>
        <message>
            <source>Action</source>
            <translation>Aktion</translation>
        </message>
        <message>
            <source>Actions and their keys</source>
            <translation>Aktionen und ihre Tasten</translation>
        </message>
        <message>
            <source>New keys of the chosen action</source>
            <translation>Neue Tasten der gewählten Aktion</translation>
        </message>
        <message>
            <source>As shipped</source>
            <translation>Wie geliefert</translation>
        </message>
        <message>
            <source>Save as a page…</source>
            <translation>Als Seite sichern …</translation>
        </message>
        <message>
            <source>{keys} is taken: {action}</source>
            <translation>{keys} ist vergeben: {action}</translation>
        </message>
        <message>
            <source>Save the keys as a page</source>
            <translation>Tasten als Seite sichern</translation>
        </message>
        <message>
            <source>These keys stay as they are.</source>
            <translation>Diese Tasten bleiben, wie sie sind.</translation>
        </message>
    </context>
    <context>
        <name>Lanes</name>
        <message>
            <source>Time</source>
            <translation>Zeit</translation>
        </message>
        <message>
            <source>Blend of waveform and spectrogram</source>
            <translation>Mischung von Wellenform und Spektrogramm</translation>
        </message>
        <message>
            <source>Left: waveform. Right: spectrogram.</source>
            <translation>Links: Wellenform. Rechts: Spektrogramm.</translation>
        </message>
    </context>
    <context>
        <name>LayerForm</name>
        <message>
            <source>What the picture says</source>
            <translation>Was das Bild sagt</translation>
        </message>
        <message>
            <source>Roll</source>
            <translation>Würfeln</translation>
        </message>
        <message>
            <source>Another seed</source>
            <translation>Andere Startzahl</translation>
        </message>
        <message>
            <source>By the words</source>
            <translation>Nach den Worten</translation>
        </message>
        <message>
            <source>On events</source>
            <translation>Auf Ereignisse</translation>
        </message>
        <message>
            <source>Ambience</source>
            <translation>Atmo</translation>
        </message>
        <message>
            <source>Draw on picture</source>
            <translation>Ins Bild zeichnen</translation>
        </message>
        <message>
            <source>Clear</source>
            <translation>Löschen</translation>
        </message>
        <message>
            <source>&amp;Words</source>
            <translation>&amp;Worte</translation>
        </message>
        <message>
            <source>&amp;Not</source>
            <translation>&amp;Nicht</translation>
        </message>
        <message>
            <source>S&amp;trictness</source>
            <translation>S&amp;trenge</translation>
        </message>
        <message>
            <source>S&amp;eed</source>
            <translation>Startz&amp;ahl</translation>
        </message>
        <message>
            <source>&amp;Behaviour</source>
            <translation>Ver&amp;halten</translation>
        </message>
        <message>
            <source>&amp;Gain</source>
            <translation>Pe&amp;gel</translation>
        </message>
        <message>
            <source>Foc&amp;us</source>
            <translation>Fok&amp;us</translation>
        </message>
        <message>
            <source>Words of the layer</source>
            <translation>Worte der Ebene</translation>
        </message>
        <message>
            <source>What it must not be</source>
            <translation>Was es nicht sein darf</translation>
        </message>
        <message>
            <source>Strictness</source>
            <translation>Strenge</translation>
        </message>
        <message>
            <source>Seed</source>
            <translation>Startzahl</translation>
        </message>
        <message>
            <source>Behaviour</source>
            <translation>Verhalten</translation>
        </message>
        <message>
            <source>Gain when rendered</source>
            <translation>Pegel beim Rendern</translation>
        </message>
        <message>
            <source>Focus on a part of the picture</source>
            <translation>Fokus auf einen Teil des Bildes</translation>
        </message>
        <message>
            <source>Gain</source>
            <translation>Pegel</translation>
        </message>
        <message>
            <source>Change words</source>
            <translation>Worte ändern</translation>
        </message>
        <message>
            <source>Change what it is not</source>
            <translation>Ausschluss ändern</translation>
        </message>
        <message>
            <source>Focus</source>
            <translation>Fokus</translation>
        </message>
    </context>
    <context>
        <name>LayersDock</name>
        <message>
            <source>Layer</source>
            <translation>Ebene</translation>
        </message>
        <message>
            <source>Mute</source>
            <translation>Stumm</translation>
        </message>
        <message>
            <source>Solo</source>
            <translation>Solo</translation>
        </message>
        <message>
            <source>dB</source>
            <translation>dB</translation>
        </message>
        <message>
            <source>Layers</source>
            <translation>Ebenen</translation>
        </message>
        <message>
            <source>Duplicate</source>
            <translation>Duplizieren</translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>Entfernen</translation>
        </message>
        <message>
            <source>picture</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Add layer {name}</source>
            <translation>Ebene {name} hinzufügen</translation>
        </message>
        <message>
            <source>Duplicate layer</source>
            <translation>Ebene duplizieren</translation>
        </message>
        <message>
            <source>Remove layer</source>
            <translation>Ebene entfernen</translation>
        </message>
        <message>
            <source>Focus</source>
            <translation>Fokus</translation>
        </message>
        <message>
            <source>Choose layer</source>
            <translation>Ebene wählen</translation>
        </message>
        <message>
            <source>Mix</source>
            <translation>Mischung</translation>
        </message>
        <message>
            <source>What the picture says</source>
            <translation>Was das Bild sagt</translation>
        </message>
    </context>
    <context>
        <name>Menus</name>
        <message>
            <source>Undo {step}</source>
            <translation>Rückgängig: {step}</translation>
        </message>
        <message>
            <source>Redo {step}</source>
            <translation>Wiederholen: {step}</translation>
        </message>
    </context>
    <context>
        <name>MessageBar</name>
        <message>
            <source>Message</source>
            <translation>Meldung</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
    </context>
    <context>
        <name>Meter</name>
        <message>
            <source>Level</source>
            <translation>Pegel</translation>
        </message>
        <message>
            <source>no device</source>
            <translation>kein Gerät</translation>
        </message>
        <message>
            <source>silent</source>
            <translation>still</translation>
        </message>
    </context>
    <context>
        <name>Mixer</name>
        <message>
            <source>There is no sound device for 48 kHz stereo; the picture plays silent.</source>
            <translation>Es gibt kein Tongerät für 48 kHz Stereo; das Bild läuft ohne Ton.</translation>
        </message>
    </context>
    <context>
        <name>PictureView</name>
        <message>
            <source>Picture</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Drop a clip here, or press Ctrl+O.</source>
            <translation>Einen Clip hierher ziehen oder Strg+O drücken.</translation>
        </message>
    </context>
    <context>
        <name>PlaceDialog</name>
        <message>
            <source>Place in a host</source>
            <translation>In einem Programm einsetzen</translation>
        </message>
        <message>
            <source>Choose…</source>
            <translation>Wählen …</translation>
        </message>
        <message>
            <source>Where each stem goes</source>
            <translation>Wohin jeder Stem kommt</translation>
        </message>
        <message>
            <source>Layer</source>
            <translation>Ebene</translation>
        </message>
        <message>
            <source>Track</source>
            <translation>Spur</translation>
        </message>
        <message>
            <source>At</source>
            <translation>Ab</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Stand</translation>
        </message>
        <message>
            <source>File</source>
            <translation>Datei</translation>
        </message>
        <message>
            <source>Look again</source>
            <translation>Noch einmal nachsehen</translation>
        </message>
        <message>
            <source>Place</source>
            <translation>Einsetzen</translation>
        </message>
        <message>
            <source>&amp;Host</source>
            <translation>&amp;Programm</translation>
        </message>
        <message>
            <source>&amp;Saved as</source>
            <translation>&amp;Gespeichert als</translation>
        </message>
        <message>
            <source>&amp;Onto</source>
            <translation>&amp;Auf</translation>
        </message>
        <message>
            <source>Host</source>
            <translation>Programm</translation>
        </message>
        <message>
            <source>The host's project file</source>
            <translation>Projektdatei des Programms</translation>
        </message>
        <message>
            <source>{host} places from its own scripts menu: {state}</source>
            <translation>{host} setzt aus seinem eigenen Skriptmenü ein: {state}</translation>
        </message>
        <message>
            <source>Nothing is heard that could be placed: choose a take.</source>
            <translation>Es klingt nichts, was eingesetzt werden könnte: Take wählen.</translation>
        </message>
        <message>
            <source>Save and close the project in its host, then choose it.</source>
            <translation>Das Projekt in seinem Programm speichern und schließen, dann hier wählen.</translation>
        </message>
        <message>
            <source>The stems stand under their clip.</source>
            <translation>Die Stems stehen unter ihrem Clip.</translation>
        </message>
        <message>
            <source>The timeline does not show the clip: the stems stand by their timecode.</source>
            <translation>Die Timeline zeigt den Clip nicht: Die Stems stehen nach ihrem Timecode.</translation>
        </message>
        <message>
            <source>Files: {folder}</source>
            <translation>Dateien: {folder}</translation>
        </message>
        <message>
            <source>Nothing is placed.</source>
            <translation>Nichts wird eingesetzt.</translation>
        </message>
        <message>
            <source>Tracks of cuelock's own</source>
            <translation>Eigene Spuren von cuelock</translation>
        </message>
        <message>
            <source>{track} (new)</source>
            <translation>{track} (neu)</translation>
        </message>
        <message>
            <source>to be placed</source>
            <translation>wird eingesetzt</translation>
        </message>
        <message>
            <source>is there</source>
            <translation>steht schon da</translation>
        </message>
        <message>
            <source>placed</source>
            <translation>eingesetzt</translation>
        </message>
        <message>
            <source>refused: {why}</source>
            <translation>abgelehnt: {why}</translation>
        </message>
    </context>
    <context>
        <name>Ranges</name>
        <message>
            <source>{a} to {b}, {n} frames</source>
            <translation>{a} bis {b}, {n} Bilder</translation>
        </message>
    </context>
    <context>
        <name>RegionDock</name>
        <message>
            <source>Energy</source>
            <translation>Energie</translation>
        </message>
        <message>
            <source>Spread</source>
            <translation>Streuung</translation>
        </message>
        <message>
            <source>Semantic</source>
            <translation>Semantik</translation>
        </message>
        <message>
            <source>Lock {curve}</source>
            <translation>{curve} sperren</translation>
        </message>
        <message>
            <source>A locked curve stays as it is: {curve}</source>
            <translation>Eine gesperrte Kurve bleibt, wie sie ist: {curve}</translation>
        </message>
        <message>
            <source>As they are</source>
            <translation>Wie sie sind</translation>
        </message>
        <message>
            <source>New words for the region</source>
            <translation>Neue Worte für den Bereich</translation>
        </message>
        <message>
            <source>Keep the seed</source>
            <translation>Startzahl behalten</translation>
        </message>
        <message>
            <source>Variations</source>
            <translation>Varianten</translation>
        </message>
        <message>
            <source>Regenerate</source>
            <translation>Neu erzeugen</translation>
        </message>
        <message>
            <source>Forget edits</source>
            <translation>Änderungen verwerfen</translation>
        </message>
        <message>
            <source>Layer</source>
            <translation>Ebene</translation>
        </message>
        <message>
            <source>Region</source>
            <translation>Bereich</translation>
        </message>
        <message>
            <source>Locks</source>
            <translation>Sperren</translation>
        </message>
        <message>
            <source>Words</source>
            <translation>Worte</translation>
        </message>
        <message>
            <source>Edits</source>
            <translation>Änderungen</translation>
        </message>
        <message>
            <source>None</source>
            <translation>Keine</translation>
        </message>
        <message>
            <source>None: drag over a lane</source>
            <translation>Keiner: über eine Spur ziehen</translation>
        </message>
        <message>
            <source>{n} wait for R</source>
            <translation>{n} warten auf R</translation>
        </message>
        <message>
            <source>Choose a take and drag over what is to be made anew.</source>
            <translation>Einen Take wählen und über das ziehen, was neu werden soll.</translation>
        </message>
    </context>
    <context>
        <name>Ruler</name>
        <message>
            <source>Timecode</source>
            <translation>Timecode</translation>
        </message>
    </context>
    <context>
        <name>SettingsDialog</name>
        <message>
            <source>Settings</source>
            <translation>Einstellungen</translation>
        </message>
        <message>
            <source>The language changes when the panel is started again.</source>
            <translation>Die Sprache wechselt, wenn das Fenster neu gestartet wird.</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
        <message>
            <source>&amp;Language</source>
            <translation>&amp;Sprache</translation>
        </message>
        <message>
            <source>Language of the panel</source>
            <translation>Sprache des Fensters</translation>
        </message>
        <message>
            <source>L&amp;ook</source>
            <translation>&amp;Aussehen</translation>
        </message>
        <message>
            <source>Whether the panel is dark or light</source>
            <translation>Ob das Fenster dunkel oder hell ist</translation>
        </message>
        <message>
            <source>Loud&amp;speaker</source>
            <translation>&amp;Lautsprecher</translation>
        </message>
        <message>
            <source>Where the panel is heard</source>
            <translation>Wo das Fenster zu hören ist</translation>
        </message>
        <message>
            <source>The system's choice</source>
            <translation>Wahl des Systems</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Dunkel</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>Hell</translation>
        </message>
        <message>
            <source>The engine starts anew, once it has nothing to do.</source>
            <translation>Die Engine startet neu, sobald sie nichts zu tun hat.</translation>
        </message>
        <message>
            <source>S&amp;tems</source>
            <translation>S&amp;tems</translation>
        </message>
        <message>
            <source>Folder in which stems go</source>
            <translation>Ordner, in den Stems kommen</translation>
        </message>
        <message>
            <source>&amp;Unload models</source>
            <translation>&amp;Modelle freigeben</translation>
        </message>
        <message>
            <source>When this machine's engine, idle, lets go of its models</source>
            <translation>Wann die Engine dieses Rechners ohne Arbeit ihre Modelle freigibt</translation>
        </message>
        <message>
            <source>The panel's own folder</source>
            <translation>Der Ordner des Fensters selbst</translation>
        </message>
        <message>
            <source>Another folder…</source>
            <translation>Anderer Ordner…</translation>
        </message>
        <message>
            <source>After {n} minutes</source>
            <translation>Nach {n} Minuten</translation>
        </message>
        <message>
            <source>The engine's choice</source>
            <translation>Wahl der Engine</translation>
        </message>
        <message>
            <source>After a minute</source>
            <translation>Nach einer Minute</translation>
        </message>
        <message>
            <source>Never</source>
            <translation>Nie</translation>
        </message>
        <message>
            <source>A folder for stems</source>
            <translation>Ein Ordner für Stems</translation>
        </message>
    </context>
    <context>
        <name>Spotting</name>
        <message>
            <source>Events spotted: {n}</source>
            <translation>Ereignisse erkannt: {n}</translation>
        </message>
    </context>
    <context>
        <name>Stage</name>
        <message>
            <source>Curves</source>
            <translation>Kurven</translation>
        </message>
        <message>
            <source>original sound</source>
            <translation>Originalton</translation>
        </message>
        <message>
            <source>muted</source>
            <translation>stumm</translation>
        </message>
        <message>
            <source>solo</source>
            <translation>solo</translation>
        </message>
        <message>
            <source>renders</source>
            <translation>rendert</translation>
        </message>
        <message>
            <source>The energy is locked.</source>
            <translation>Die Energie ist gesperrt.</translation>
        </message>
        <message>
            <source>Unlock it in the Region dock to draw when and how loud it sounds.</source>
            <translation>Im Feld „Bereich“ entsperren, um zu zeichnen, wann und wie laut es klingt.</translation>
        </message>
        <message>
            <source>matched</source>
            <translation>angeglichen</translation>
        </message>
    </context>
    <context>
        <name>StatusLine</name>
        <message>
            <source>this machine</source>
            <translation>dieser Rechner</translation>
        </message>
        <message>
            <source>Engine</source>
            <translation>Engine</translation>
        </message>
        <message>
            <source>Engine ({name}): starting</source>
            <translation>Engine ({name}): startet</translation>
        </message>
        <message>
            <source>at rest</source>
            <translation>ruht</translation>
        </message>
        <message>
            <source>starting</source>
            <translation>startet</translation>
        </message>
        <message>
            <source>ready</source>
            <translation>bereit</translation>
        </message>
        <message>
            <source>busy</source>
            <translation>arbeitet</translation>
        </message>
        <message>
            <source>in trouble</source>
            <translation>in Schwierigkeiten</translation>
        </message>
        <message>
            <source>Engine ({name}): {state}, {n} MB</source>
            <translation>Engine ({name}): {state}, {n} MB</translation>
        </message>
    </context>
    <context>
        <name>StepsDock</name>
        <message>
            <source>As it was opened</source>
            <translation>Wie geöffnet</translation>
        </message>
        <message>
            <source>History</source>
            <translation>Verlauf</translation>
        </message>
    </context>
    <context>
        <name>StripButtons</name>
        <message>
            <source>Mute {name}</source>
            <translation>{name} stumm</translation>
        </message>
        <message>
            <source>Solo {name}</source>
            <translation>{name} solo</translation>
        </message>
        <message>
            <source>Mix</source>
            <translation>Mischung</translation>
        </message>
    </context>
    <context>
        <name>TakeLanes</name>
        <message>
            <source>Takes of {layer}</source>
            <translation>Takes von {layer}</translation>
        </message>
        <message>
            <source>Takes of {layer}: swipe over one to hear that part of it</source>
            <translation>Takes von {layer}: über einen wischen, um diesen Teil von ihm zu hören</translation>
        </message>
    </context>
    <context>
        <name>TakeModel</name>
        <message>
            <source>Take</source>
            <translation>Take</translation>
        </message>
        <message>
            <source>Star</source>
            <translation>Stern</translation>
        </message>
        <message>
            <source>LUFS</source>
            <translation>LUFS</translation>
        </message>
        <message>
            <source>Loudness, integrated</source>
            <translation>Lautheit, über alles</translation>
        </message>
        <message>
            <source>Off</source>
            <translation>Ab</translation>
        </message>
        <message>
            <source>How far the energy is from the wanted one, in dB</source>
            <translation>Wie weit die Energie von der gewünschten liegt, in dB</translation>
        </message>
        <message>
            <source>Sync</source>
            <translation>Sync</translation>
        </message>
        <message>
            <source>How many of the wanted onsets are there (F1), 0 to 1</source>
            <translation>Wie viele der gewünschten Einsätze da sind (F1), 0 bis 1</translation>
        </message>
        <message>
            <source>seed {n}</source>
            <translation>Startzahl {n}</translation>
        </message>
    </context>
    <context>
        <name>Takes</name>
        <message>
            <source>{a} to {b} anew</source>
            <translation>{a} bis {b} neu</translation>
        </message>
        <message>
            <source>comp, pieces: {n}</source>
            <translation>Comp, Stücke: {n}</translation>
        </message>
        <message>
            <source>recut</source>
            <translation>umgeschnitten</translation>
        </message>
        <message>
            <source>energy {x} dB off</source>
            <translation>Energie {x} dB daneben</translation>
        </message>
        <message>
            <source>sync {x}</source>
            <translation>Sync {x}</translation>
        </message>
        <message>
            <source>words {x}</source>
            <translation>Worte {x}</translation>
        </message>
        <message>
            <source>speech or music {x}</source>
            <translation>Sprache oder Musik {x}</translation>
        </message>
    </context>
    <context>
        <name>TakesDock</name>
        <message>
            <source>Takes</source>
            <translation>Takes</translation>
        </message>
        <message>
            <source>Measured</source>
            <translation>Gemessen</translation>
        </message>
        <message>
            <source>Note on the take</source>
            <translation>Notiz zum Take</translation>
        </message>
        <message>
            <source>Hear</source>
            <translation>Anhören</translation>
        </message>
        <message>
            <source>Hear this take in place of the chosen one (Enter)</source>
            <translation>Diesen Take statt des gewählten hören (Eingabe)</translation>
        </message>
        <message>
            <source>Region from it</source>
            <translation>Bereich daraus</translation>
        </message>
        <message>
            <source>Put this take's sound of the region into the chosen one</source>
            <translation>Den Klang dieses Takes im Bereich in den gewählten setzen</translation>
        </message>
    </context>
    <context>
        <name>Telling</name>
        <message>
            <source>Try again</source>
            <translation>Noch einmal</translation>
        </message>
        <message>
            <source>Open folder</source>
            <translation>Ordner öffnen</translation>
        </message>
        <message>
            <source>Copy details</source>
            <translation>Einzelheiten kopieren</translation>
        </message>
    </context>
    <context>
        <name>Tour</name>
        <message>
            <source>First steps</source>
            <translation>Erste Schritte</translation>
        </message>
        <message>
            <source>1 of 4: Press Ctrl+L, type what should sound, then Enter.</source>
            <translation>1 von 4: Strg+L drücken, schreiben, was klingen soll, dann Eingabe.</translation>
        </message>
        <message>
            <source>2 of 4: Press Ctrl+R to render. Space plays it, even before it is done.</source>
            <translation>2 von 4: Strg+R rendert. Die Leertaste spielt es, auch bevor es fertig ist.</translation>
        </message>
        <message>
            <source>3 of 4: Drag over a part of its lane.</source>
            <translation>3 von 4: Über einen Teil der Spur ziehen.</translation>
        </message>
        <message>
            <source>4 of 4: Press R. The part sounds anew, and its timing stands still.</source>
            <translation>4 von 4: R drücken. Der Teil klingt neu, und sein Timing steht still.</translation>
        </message>
        <message>
            <source>Leave the tour</source>
            <translation>Rundgang verlassen</translation>
        </message>
    </context>
    <context>
        <name>TransportBar</name>
        <message>
            <source>Transport</source>
            <translation>Transport</translation>
        </message>
        <message>
            <source>Timecode</source>
            <translation>Timecode</translation>
        </message>
        <message>
            <source>Type 01:00:02:00, 2:00, +12, -1:00, 48f or 2.5s.</source>
            <translation>01:00:02:00, 2:00, +12, -1:00, 48f oder 2.5s schreiben.</translation>
        </message>
        <message>
            <source>Message</source>
            <translation>Meldung</translation>
        </message>
        <message>
            <source>Speed</source>
            <translation>Geschwindigkeit</translation>
        </message>
        <message>
            <source>Go to start</source>
            <translation>Zum Anfang</translation>
        </message>
        <message>
            <source>One frame back</source>
            <translation>Ein Bild zurück</translation>
        </message>
        <message>
            <source>Play</source>
            <translation>Abspielen</translation>
        </message>
        <message>
            <source>One frame on</source>
            <translation>Ein Bild weiter</translation>
        </message>
        <message>
            <source>Pre-roll </source>
            <translation>Vorlauf </translation>
        </message>
        <message>
            <source> f</source>
            <translation> B</translation>
        </message>
        <message>
            <source>Pre-roll in frames</source>
            <translation>Vorlauf in Bildern</translation>
        </message>
        <message>
            <source>Each round of the loop begins so many frames before it.</source>
            <translation>Jede Runde der Schleife beginnt so viele Bilder vor ihr.</translation>
        </message>
        <message>
            <source>Return on stop to where playing began</source>
            <translation>Beim Anhalten dorthin zurück, wo das Abspielen begann</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>Anhalten</translation>
        </message>
        <message>
            <source>Region</source>
            <translation>Bereich</translation>
        </message>
        <message>
            <source>Loop the region</source>
            <translation>Bereich wiederholen</translation>
        </message>
    </context>
    <context>
        <name>Window</name>
        <message>
            <source>Layers</source>
            <translation>Ebenen</translation>
        </message>
        <message>
            <source>Takes</source>
            <translation>Takes</translation>
        </message>
        <message>
            <source>Region</source>
            <translation>Bereich</translation>
        </message>
        <message>
            <source>Lanes</source>
            <translation>Spuren</translation>
        </message>
        <message>
            <source>Mix</source>
            <translation>Mischung</translation>
        </message>
        <message>
            <source>Curves from a recording</source>
            <translation>Kurven aus einer Aufnahme</translation>
        </message>
        <message>
            <source>Render</source>
            <translation>Rendern</translation>
        </message>
        <message>
            <source>Export</source>
            <translation>Exportieren</translation>
        </message>
        <message>
            <source>Cues</source>
            <translation>Cues</translation>
        </message>
        <message>
            <source>History</source>
            <translation>Verlauf</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>Stapel</translation>
        </message>
        <message>
            <source>Guide</source>
            <translation>Führung</translation>
        </message>
    </context>
    <context>
        <name>_AddLine</name>
        <message>
            <source>Add a sound: words, or a preset</source>
            <translation>Klang hinzufügen: Worte oder Vorlage</translation>
        </message>
        <message>
            <source>Add a sound</source>
            <translation>Klang hinzufügen</translation>
        </message>
    </context>
    <context>
        <name>Leaving</name>
        <message>
            <source>Close the panel</source>
            <translation>Fenster schließen</translation>
        </message>
        <message>
            <source>The engine can go on without the window. What it made is there when you open the clip again.</source>
            <translation>Die Engine kann ohne das Fenster weiterarbeiten. Was sie gemacht hat, ist da, sobald der Clip wieder geöffnet wird.</translation>
        </message>
        <message>
            <source>What the engine does not have yet waits until then.</source>
            <translation>Was die Engine noch nicht hat, wartet bis dahin.</translation>
        </message>
        <message>
            <source>&amp;Keep rendering in the background</source>
            <translation>Im Hintergrund &amp;weiter rendern</translation>
        </message>
        <message>
            <source>&amp;Cancel and close</source>
            <translation>&amp;Abbrechen und schließen</translation>
        </message>
        <message>
            <source>&amp;Stay</source>
            <translation>&amp;Bleiben</translation>
        </message>
        <message>
            <source>One job is not done yet.</source>
            <translation>Ein Auftrag ist noch nicht fertig.</translation>
        </message>
        <message>
            <source>{n} jobs are not done yet.</source>
            <translation>{n} Aufträge sind noch nicht fertig.</translation>
        </message>
    </context>
    <context>
        <name>Tray</name>
        <message>
            <source>Open panel</source>
            <translation>Fenster öffnen</translation>
        </message>
        <message>
            <source>Cancel all</source>
            <translation>Alles abbrechen</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Beenden</translation>
        </message>
        <message>
            <source>{n} left; {stage}: {share} %</source>
            <translation>noch {n}; {stage}: {share} %</translation>
        </message>
        <message>
            <source>{failed} of {n} jobs failed.</source>
            <translation>{failed} von {n} Aufträgen sind fehlgeschlagen.</translation>
        </message>
        <message>
            <source>All is rendered.</source>
            <translation>Alles ist gerendert.</translation>
        </message>
    </context>
</TS>

"""Common given names: enough to detect columns of people, few enough to exclude places."""

from __future__ import annotations

from first_light.privacy.vocabulary import words

GIVEN_NAMES = words("""
    james mary robert patricia john jennifer michael linda david elizabeth william barbara
    richard susan joseph jessica thomas sarah christopher karen charles lisa daniel nancy
    matthew betty anthony sandra mark margaret donald ashley steven kimberly andrew emily paul
    donna joshua michelle kenneth carol kevin amanda brian melissa george deborah timothy
    stephanie ronald rebecca jason sharon edward laura jeffrey cynthia ryan dorothy jacob amy
    gary kathleen nicholas angela eric shirley jonathan brenda stephen emma larry anna justin
    pamela scott nicole brandon samantha benjamin katherine samuel christine gregory helen
    alexander debra patrick rachel frank carolyn raymond janet jack maria dennis catherine jerry
    heather tyler diane aaron olivia jose julie adam joyce nathan victoria henry ruth zachary
    virginia douglas lauren peter kelly kyle christina noah joan ethan evelyn jeremy judith
    christian andrea walter hannah keith megan austin cheryl roger jacqueline terry martha sean
    madison gerald teresa carl gloria dylan sara harold janice jordan ann jesse kathryn bryan
    abigail lawrence sophia arthur frances gabriel jean bruce alice logan judy billy isabella
    joe julia ralph grace eugene amber anne bob tom tim ben sam max leo liam oliver lucas mia
    ava charlotte amelia chloe ella lily jim mike steve dave chris alex nick kate jane hans
    klaus juergen jurgen wolfgang heinz helmut gerhard uwe stefan andreas matthias markus martin
    bernd dieter rainer jens sven lars kai tobias florian sebastian felix jonas lukas finn
    niklas ursula monika petra sabine renate helga karin brigitte ingrid gisela claudia birgit
    susanne heike silke katrin anja nadine lena lea leonie johanna greta frieda anke ute gudrun
    aenne pierre jacques michel philippe alain bernard christophe nicolas laurent thierry julien
    francois olivier antoine guillaume mathieu theo hugo louis jules camille manon lucie amelie
    elodie celine sophie nathalie isabelle sylvie valerie sandrine veronique chantal monique
    francoise claire aurelie margaux antonio manuel francisco juan javier carlos miguel rafael
    pedro angel alejandro fernando sergio pablo jorge alberto diego luis raul carmen josefa
    isabel dolores pilar cristina lucia marta elena paula mercedes rosa beatriz ines alba irene
    rocio carla sofia valentina johannes jan cornelis hendrik willem pieter daan sem bram thijs
    lotte sanne femke anouk fleur maaike giuseppe giovanni marco luca francesco alessandro
    matteo giulia chiara francesca ivan dmitri olga natalia svetlana piotr krzysztof agnieszka
    katarzyna malgorzata jakub tomasz mohamed muhammad ahmed ali omar hassan fatima aisha yusuf
    erik eirik henrik kasper rasmus mads soren anders magnus nils mikael oskar axel bjorn astrid
    sigrid solveig frida ebba maja hanne lise mette birgitte gunnar arne harald leif ragnar
    torsten knut frode trond inger liv ole kari tomas pavel jiri petr vaclav marek lukasz pawel
    michal wojciech zbigniew andrzej stanislaw marcin grzegorz kamil mateusz zofia agata ewa
    magdalena joanna beata dorota jolanta milos zoran goran dragan jelena milica bojan boris
    vladimir sergei sergey alexei aleksandr mikhail nikolai yuri igor oleg anastasia ekaterina
    tatiana ludmila oksana yulia elif zeynep fatma hatice emine murat hakan serkan burak khalid
    leila layla noor yasmin amira salma tariq ibrahim karim rashid samir nadia zainab abdullah
    hussein ravi rahul rohit anita sunita neha pooja arjun vikram suresh ramesh lakshmi kavita
    sneha arun anil sunil takashi haruto kwame kofi chidi ngozi emeka tunde thabo sipho joao ines
    bruno dario paulo ricardo rui tiago goncalo catarina mariana andres esteban gonzalo ignacio
    ernesto rodrigo ximena camila luciana thiago pietro enrico stefano roberto silvia federica
    elisa ilaria simone davide saoirse siobhan niamh aoife ciaran declan eoin freya callum ewan
    hamish fiona giorgos dimitris eleni katerina yannis nikos kostas laszlo istvan zoltan gabor
    attila eszter katalin mihai andrei bogdan ioana kees joost maarten jeroen sander ruud wouter
    saskia
    mehmet mustafa ayse emre raj amit priya sanjay deepak wei li ming hiroshi yuki kenji sakura
""")
